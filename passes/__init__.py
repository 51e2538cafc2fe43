"""The compiler: passes from linear algebra to kernels and graphs, their pipeline, and `npu-opt`."""
