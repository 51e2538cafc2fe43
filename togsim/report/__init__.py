"""What a simulation found, as data, JSON and text."""
