// RUN: not npu-opt %s -p npu-double-buffer 2>&1 | filecheck %s
// RUN: not npu-opt %s -p 'npu-double-buffer{slots=4}' 2>&1 | filecheck %s --check-prefix SLOTS

// CHECK: double_buffer_invalid.mlir:6: kernel 'bare' has no mapping to take the number of slots from; expected a #npu.mapping attribute, or npu-double-buffer{slots=2}
// SLOTS: error: npu-double-buffer: slots is 4; expected a number from 1 to 3
npu.kernel @bare() {
  npu.return
}
