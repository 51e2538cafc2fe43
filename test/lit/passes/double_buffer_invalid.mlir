// RUN: not npu-opt %s -p npu-double-buffer 2>&1 | filecheck %s
// RUN: not npu-opt %s -p 'npu-double-buffer{slots=4}' 2>&1 | filecheck %s --check-prefix SLOTS

// CHECK: double_buffer_invalid.mlir:7: npu-double-buffer: a buffer of kernel 'bare' does not say how many slots it wants; expected npu.alloc {buffers = 2 : i64}, or npu-double-buffer{slots=2} for all
// SLOTS: error: npu-double-buffer: slots is 4; expected a number from 1 to 3
npu.kernel @bare() {
  %a = npu.alloc : memref<1x4xf32, "spad">
  npu.return
}
