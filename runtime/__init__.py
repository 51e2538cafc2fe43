"""What runs a compiled model: Spike in process, tile timing, the reference executor, sessions."""
