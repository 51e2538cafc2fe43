// RUN: not npu-opt %s -p 'npu-place{machine=8x8}' 2>&1 | filecheck %s
// RUN: not npu-opt %s -p 'npu-place{machine=tpv3}' 2>&1 | filecheck %s --check-prefix NAME

// CHECK: place_invalid.mlir:9: kernel 'big': its buffers need 524352 bytes of scratchpad; expected at most {{[0-9]+}} (8 lanes x {{[0-9]+}} KB):
// CHECK-NEXT: %A: 524288 bytes, memref<2x256x256xf32, "spad">
// CHECK-NEXT: buffer 1: 64 bytes, memref<1x3xf32, "spad">
// CHECK-NEXT: choose a smaller tile in the kernel's mapping, fewer slots (npu-double-buffer{slots=1}), or a machine with a larger vpu_spad_size_kb_per_lane
// NAME: error: no shipped machine is called 'tpv3'; did you mean 'tpuv3'?
npu.kernel @big() {
  %A = npu.alloc : memref<2x256x256xf32, "spad">
  %0 = npu.alloc : memref<1x3xf32, "spad">
  npu.return
}
