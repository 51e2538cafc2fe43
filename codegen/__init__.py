"""Kernels in final `npu` form become one linked RISC-V image: LLVM IR, object, link."""
