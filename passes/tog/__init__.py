"""The tile-operation graph, derived from kernels."""
