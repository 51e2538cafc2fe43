// RUN: not npu-opt %s -p npu-insert-dma 2>&1 | filecheck %s

// CHECK: insert_dma_invalid.mlir:9: kernel 'inside': memref.copy from memref<8xf32, strided<[1]>, "spad"> to memref<8xf32, strided<[1]>, "spad"> stays in one memory; expected one side in DRAM and the other in the scratchpad
npu.kernel @inside() {
  %X = npu.alloc : memref<1x8xf32, "spad">
  %Y = npu.alloc : memref<1x8xf32, "spad">
  %x = memref.subview %X[0, 0] [1, 8] [1, 1] : memref<1x8xf32, "spad"> to memref<8xf32, strided<[1]>, "spad">
  %y = memref.subview %Y[0, 0] [1, 8] [1, 1] : memref<1x8xf32, "spad"> to memref<8xf32, strided<[1]>, "spad">
  "memref.copy"(%x, %y) : (memref<8xf32, strided<[1]>, "spad">, memref<8xf32, strided<[1]>, "spad">) -> ()
  npu.return
}
