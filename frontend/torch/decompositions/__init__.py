"""How PyTorch operators are written in terms of fewer: one file a kind, all in `table`."""
