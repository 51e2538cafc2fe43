// RUN: npu-opt %s | npu-opt | filecheck %s
// RUN: npu-opt --print-op-generic %s | npu-opt | filecheck %s

// CHECK: npu.kernel @matmul_0
npu.kernel @matmul_0(%a: memref<516x244xf32>, %b: memref<224x244xf32>, %c: memref<516x224xf32>)
    attributes {torch_ops = ["aten.mm"], mapping = #npu.mapping<tile = [256, 224, 128], subtile = [128, 224, 128], order = [0, 1, 2], buffers = 2>} {
  %c0 = arith.constant 0 : index
  %A = npu.alloc {offset = 0 : i64} : memref<2x256x128xf32, "spad">
  // CHECK: npu.alloc : memref<2x128x224xf32, "spad">
  %B = npu.alloc : memref<2x128x224xf32, "spad">
  %C = npu.alloc : memref<1x256x224xf32, "spad">
  // CHECK: npu.parallel (%{{.*}}, %{{.*}}) = (0, 0) to (516, 244) step (256, 128) {
  npu.parallel (%i, %k) = (0, 0) to (516, 244) step (256, 128) {
    %tm = affine.min affine_map<(d0) -> (256, 516 - d0)>(%i)
    %tk = affine.min affine_map<(d0) -> (128, 244 - d0)>(%k)
    %src = memref.subview %a[%i, %k] [%tm, %tk] [1, 1] : memref<516x244xf32> to memref<?x?xf32, strided<[244, 1], offset: ?>>
    %dst = memref.subview %A[0, 0, 0] [1, %tm, %tk] [1, 1, 1] : memref<2x256x128xf32, "spad"> to memref<?x?xf32, strided<[128, 1]>, "spad">
    // CHECK: npu.dma_load %{{.*}} to %{{.*}} : memref<?x?xf32
    %t = npu.dma_load %src to %dst : memref<?x?xf32, strided<[244, 1], offset: ?>> to memref<?x?xf32, strided<[128, 1]>, "spad">
    %bsrc = memref.subview %b[0, %k] [224, %tk] [1, 1] : memref<224x244xf32> to memref<224x?xf32, strided<[244, 1], offset: ?>>
    %bdst = memref.subview %B[0, 0, 0] [1, %tk, 224] [1, 1, 1] : memref<2x128x224xf32, "spad"> to memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.dma_load %{{.*}} to %{{.*}} {permutation = array<i64: 1, 0>} :
    %t1 = npu.dma_load %bsrc to %bdst {permutation = array<i64: 1, 0>} : memref<224x?xf32, strided<[244, 1], offset: ?>> to memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.wait
    npu.wait %t
    npu.wait %t1
    %acc = memref.subview %C[0, 0, 0] [1, %tm, 224] [1, 1, 1] : memref<1x256x224xf32, "spad"> to memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.preload
    %w = npu.preload %bdst : memref<?x224xf32, strided<[224, 1]>, "spad">
    %p = arith.cmpi ne, %k, %c0 : index
    // CHECK: npu.matmul %{{.*}}, %{{.*}} into %{{.*}} accumulate(%{{.*}}) :
    npu.matmul %dst, %w into %acc accumulate(%p) : memref<?x?xf32, strided<[128, 1]>, "spad">, memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.compute "matmul_0_c0" outs(
    npu.compute "matmul_0_c0" outs(%acc : memref<?x224xf32, strided<[224, 1]>, "spad">) {
    ^bb0(%x: memref<?x224xf32, strided<[224, 1]>, "spad">):
      npu.yield
    }
    %cdst = memref.subview %c[%i, 0] [%tm, 224] [1, 1] : memref<516x224xf32> to memref<?x224xf32, strided<[224, 1], offset: ?>>
    // CHECK: npu.dma_store
    %t2 = npu.dma_store %acc to %cdst : memref<?x224xf32, strided<[224, 1]>, "spad"> to memref<?x224xf32, strided<[224, 1], offset: ?>>
  }
  npu.return
}

func.func @main(%a: memref<516x244xf32>, %b: memref<224x244xf32>) -> memref<516x224xf32> {
  %c = memref.alloc() : memref<516x224xf32>
  // CHECK: npu.launch @matmul_0(%{{.*}}, %{{.*}}, %{{.*}}) :
  npu.launch @matmul_0(%a, %b, %c) : (memref<516x244xf32>, memref<224x244xf32>, memref<516x224xf32>)
  func.return %c : memref<516x224xf32>
}

func.func @grouped(%a: tensor<7x13xf32>) -> tensor<7x13xf32> {
  // CHECK: npu.group "k" ins(%{{.*}} : tensor<7x13xf32>) {
  %r = npu.group "k" ins(%a : tensor<7x13xf32>) {
  ^bb0(%x: tensor<7x13xf32>):
    npu.yield %x : tensor<7x13xf32>
  // CHECK: ops ["aten.clone"] mapping <tile = [7, 13], subtile = [7, 13], order = [0, 1], buffers = 2> : tensor<7x13xf32>
  } ops ["aten.clone"] mapping <tile = [7, 13], subtile = [7, 13], order = [0, 1], buffers = 2> : tensor<7x13xf32>
  func.return %r : tensor<7x13xf32>
}
