"""Upstream MLIR, in a process of its own."""
