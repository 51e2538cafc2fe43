"""From PyTorch, MLIR files and workload names to programs the passes take."""
