"""PyTorch models in."""
