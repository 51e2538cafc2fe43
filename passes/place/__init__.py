"""Places in the scratchpad."""
