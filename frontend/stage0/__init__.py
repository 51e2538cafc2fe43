"""Stage 0: `linalg` on tensors in the few forms that the passes read."""
