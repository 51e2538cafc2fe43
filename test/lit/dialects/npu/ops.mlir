// RUN: npu-opt %s | npu-opt | filecheck %s
// RUN: npu-opt --print-op-generic %s | npu-opt | filecheck %s

// CHECK: npu.kernel @matmul_0
npu.kernel @matmul_0(%a: memref<516x244xf32>, %b: memref<224x244xf32>, %c: memref<516x224xf32>)
    attributes {mapping = #npu.mapping<par m 256 by 128, par n 224, hold acc 2, [for k 128, hold rows 2, hold weights 3, run arrays], hold out 1, run vector>} {
  %c0 = arith.constant 0 : index
  %A = npu.alloc {offset = 0 : i64} : memref<2x256x128xf32, "spad">
  // CHECK: npu.alloc : memref<2x128x224xf32, "spad">
  %B = npu.alloc : memref<2x128x224xf32, "spad">
  %C = npu.alloc : memref<1x256x224xf32, "spad">
  // CHECK: npu.parallel (%{{.*}}, %{{.*}}) = (0, 0) to (516, 244) step (256, 128) {
  npu.parallel (%i, %k) = (0, 0) to (516, 244) step (256, 128) {
    %tm = affine.min affine_map<(d0) -> (256, 516 - d0)>(%i)
    %tk = affine.min affine_map<(d0) -> (128, 244 - d0)>(%k)
    %dst = memref.subview %A[0, 0, 0] [1, %tm, %tk] [1, 1, 1] : memref<2x256x128xf32, "spad"> to memref<?x?xf32, strided<[128, 1]>, "spad">
    // CHECK: npu.dma_load %a[%i, %k] sizes [%tm, %tk] to %dst : memref<516x244xf32> to memref<?x?xf32
    %t = npu.dma_load %a[%i, %k] sizes [%tm, %tk] to %dst : memref<516x244xf32> to memref<?x?xf32, strided<[128, 1]>, "spad">
    %bdst = memref.subview %B[0, 0, 0] [1, %tk, 224] [1, 1, 1] : memref<2x128x224xf32, "spad"> to memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.dma_load %b[0, %k] sizes [224, %tk] to %bdst {permutation = array<i64: 1, 0>} :
    %t1 = npu.dma_load %b[0, %k] sizes [224, %tk] to %bdst {permutation = array<i64: 1, 0>} : memref<224x244xf32> to memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.wait
    npu.wait %t
    npu.wait %t1
    %acc = memref.subview %C[0, 0, 0] [1, %tm, 224] [1, 1, 1] : memref<1x256x224xf32, "spad"> to memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.preload
    %w = npu.preload %bdst : memref<?x224xf32, strided<[224, 1]>, "spad">
    %p = arith.cmpi ne, %k, %c0 : index
    // CHECK: npu.matmul %{{.*}}, %{{.*}} into %{{.*}} accumulate(%{{.*}}) :
    npu.matmul %dst, %w into %acc accumulate(%p) : memref<?x?xf32, strided<[128, 1]>, "spad">, memref<?x224xf32, strided<[224, 1]>, "spad">
    // CHECK: npu.compute @matmul_0_c0 outs(
    npu.compute @matmul_0_c0 outs(%acc : memref<?x224xf32, strided<[224, 1]>, "spad">) {
    ^bb0(%x: memref<?x224xf32, strided<[224, 1]>, "spad">):
      npu.yield
    }
    // CHECK: npu.dma_store %acc to %c[%i, 0] sizes [%tm, 224] : memref<?x224xf32, strided<[224, 1]>, "spad"> to memref<516x224xf32>
    %t2 = npu.dma_store %acc to %c[%i, 0] sizes [%tm, 224] : memref<?x224xf32, strided<[224, 1]>, "spad"> to memref<516x224xf32>
  }
  npu.return
}

// Boxes: outside of the tensor, backwards, repeated, empty, with dropped dimensions, in order.
// CHECK: npu.kernel @boxes
npu.kernel @boxes(%x: memref<1x64x56x56xf32>, %y: memref<6x5x2x3x2xf32>) {
  %H = npu.alloc : memref<1x10x58x64xf32, "spad">
  %V = npu.alloc : memref<1x3x6xf32, "spad">
  npu.parallel (%i) = (-1) to (55) step (8) {
    %h = affine.min affine_map<(d0) -> (10, 57 - d0)>(%i)
    %halo = memref.subview %H[0, 0, 0, 0] [1, %h, 58, 64] [1, 1, 1, 1] : memref<1x10x58x64xf32, "spad"> to memref<1x?x58x64xf32, strided<[37120, 3712, 64, 1]>, "spad">
    // CHECK: npu.copy %x[0, 0, %i, -1] sizes [1, 64, %h, 58] to %halo {permutation = array<i64: 0, 2, 3, 1>, fill = 0xff800000 : f32, subtile = array<i64: 1, 4, 58, 64>} : memref<1x64x56x56xf32> to memref<1x?x58x64xf32
    npu.copy %x[0, 0, %i, -1] sizes [1, 64, %h, 58] steps [1, 1, 1, 1] to %halo {permutation = array<i64: 0, 2, 3, 1>, fill = 0xFF800000 : f32, subtile = array<i64: 1, 4, 58, 64>} : memref<1x64x56x56xf32> to memref<1x?x58x64xf32, strided<[37120, 3712, 64, 1]>, "spad">
    // CHECK: %t = npu.dma_load %x[0, 0, %i, -1] sizes [1, 64, %h, 58] to %halo {permutation = array<i64: 0, 2, 3, 1>, fill = 0.000000e+00 : f32} : memref<1x64x56x56xf32> to memref<1x?x58x64xf32
    %t = npu.dma_load %x[0, 0, %i, -1] sizes [1, 64, %h, 58] to %halo {permutation = array<i64: 0, 2, 3, 1>, fill = 0.0 : f32} : memref<1x64x56x56xf32> to memref<1x?x58x64xf32, strided<[37120, 3712, 64, 1]>, "spad">
    // CHECK: %u = npu.dma_store %halo to %x[0, 0, %i, -1] sizes [1, 64, %h, 58] {permutation = array<i64: 0, 2, 3, 1>, bounds} after(%t) : memref<1x?x58x64xf32
    %u = npu.dma_store %halo to %x[0, 0, %i, -1] sizes [1, 64, %h, 58] {permutation = array<i64: 0, 2, 3, 1>, bounds} after(%t) : memref<1x?x58x64xf32, strided<[37120, 3712, 64, 1]>, "spad"> to memref<1x64x56x56xf32>
  }
  %v = memref.subview %V[0, 0, 0] [1, 3, 6] [1, 1, 1] : memref<1x3x6xf32, "spad"> to memref<3x6xf32, strided<[6, 1]>, "spad">
  // CHECK: %p = npu.dma_load %y[5, 3, 1, 2, 0] sizes [6, 1, 1, 3, 1] steps [-1, 1, 1, 0, 1] to %v {permutation = array<i64: 3, 0>} :
  %p = npu.dma_load %y[5, 3, 1, 2, 0] sizes [6, 1, 1, 3, 1] steps [-1, 1, 1, 0, 1] to %v {permutation = array<i64: 3, 0>} : memref<6x5x2x3x2xf32> to memref<3x6xf32, strided<[6, 1]>, "spad">
  %q = npu.dma_load %y[0, 0, 0, 0, 0] sizes [6, 1, 1, 3, 1] to %v {permutation = array<i64: 3, 0>} : memref<6x5x2x3x2xf32> to memref<3x6xf32, strided<[6, 1]>, "spad">
  // CHECK: npu.dma_store %v to %y[-9, 0, 0, 0, 0] sizes [6, 1, 1, 3, 1] {permutation = array<i64: 3, 0>, bounds, note} after(%p, %q) :
  %s = npu.dma_store %v to %y[-9, 0, 0, 0, 0] sizes [6, 1, 1, 3, 1] {permutation = array<i64: 3, 0>, bounds, note} after(%p, %q) : memref<3x6xf32, strided<[6, 1]>, "spad"> to memref<6x5x2x3x2xf32>
  %none = memref.subview %v[0, 0] [0, 6] [1, 1] : memref<3x6xf32, strided<[6, 1]>, "spad"> to memref<0x6xf32, strided<[6, 1]>, "spad">
  // CHECK: npu.dma_load %y[90, 0, 0, 0, 0] sizes [6, 1, 1, -4, 1] to %none {permutation = array<i64: 3, 0>} :
  %e = npu.dma_load %y[90, 0, 0, 0, 0] sizes [6, 1, 1, -4, 1] to %none {permutation = array<i64: 3, 0>} : memref<6x5x2x3x2xf32> to memref<0x6xf32, strided<[6, 1]>, "spad">
  npu.return
}

func.func @main(%a: memref<516x244xf32>, %b: memref<224x244xf32>) -> memref<516x224xf32> {
  %c = memref.alloc() : memref<516x224xf32>
  // CHECK: npu.launch @matmul_0(%{{.*}}, %{{.*}}, %{{.*}}) :
  npu.launch @matmul_0(%a, %b, %c) : (memref<516x244xf32>, memref<224x244xf32>, memref<516x224xf32>)
  // CHECK: npu.launch @matmul_0(%{{.*}}, %{{.*}}, %{{.*}}) ops ["aten.mm", "aten.relu"] lines ["mlp.py:12"] :
  npu.launch @matmul_0(%a, %b, %c) ops ["aten.mm", "aten.relu"] lines ["mlp.py:12"] : (memref<516x244xf32>, memref<224x244xf32>, memref<516x224xf32>)
  func.return %c : memref<516x224xf32>
}

func.func @grouped(%a: tensor<7x13xf32>) -> tensor<7x13xf32> {
  // CHECK: npu.group @k ins(%{{.*}} : tensor<7x13xf32>) {
  %r = npu.group @k ins(%a : tensor<7x13xf32>) {
  ^bb0(%x: tensor<7x13xf32>):
    npu.yield %x : tensor<7x13xf32>
  // CHECK: ops ["aten.clone"] lines ["mlp.py:12"] mapping <hold in 1, par i 7, par j 13, run vector, strategy = folded> : tensor<7x13xf32>
  } ops ["aten.clone"] lines ["mlp.py:12"] mapping <hold in 1, par i 7, par j 13, run vector, strategy = folded> : tensor<7x13xf32>
  // CHECK: npu.group @k ins(%{{.*}} : tensor<7x13xf32>) ops ["aten.clone"] : tensor<7x13xf32>
  %s = npu.group @k ins(%r : tensor<7x13xf32>) ops ["aten.clone"] : tensor<7x13xf32>
  func.return %s : tensor<7x13xf32>
}

npu.kernel @by_index(%table: memref<300x64xf32>, %ids: memref<17xi32>) {
  %I = npu.alloc : memref<1x17xi32, "spad">
  %X = npu.alloc : memref<1x17x64xf32, "spad">
  %i = memref.subview %I[0, 0] [1, 17] [1, 1] : memref<1x17xi32, "spad"> to memref<17xi32, strided<[1]>, "spad">
  %x = memref.subview %X[0, 0, 0] [1, 17, 64] [1, 1, 1] : memref<1x17x64xf32, "spad"> to memref<17x64xf32, strided<[64, 1]>, "spad">
  %t = npu.dma_load %ids[0] sizes [17] to %i : memref<17xi32> to memref<17xi32, strided<[1]>, "spad">
  // CHECK: npu.dma_load %table[0, 0] sizes [17, 64] to %x {from_end} indices(0 by %i : memref<17xi32, strided<[1]>, "spad">) after(%t) :
  %u = npu.dma_load %table[0, 0] sizes [17, 64] to %x {from_end} indices(0 by %i : memref<17xi32, strided<[1]>, "spad">) after(%t) : memref<300x64xf32> to memref<17x64xf32, strided<[64, 1]>, "spad">
  // CHECK: npu.dma_store %x to %table[0, 0] sizes [17, 64] {combine = "add"} indices(0 by %i : memref<17xi32, strided<[1]>, "spad">) :
  %v = npu.dma_store %x to %table[0, 0] sizes [17, 64] {combine = "add"} indices(0 by %i : memref<17xi32, strided<[1]>, "spad">) : memref<17x64xf32, strided<[64, 1]>, "spad"> to memref<300x64xf32>
  // CHECK: npu.copy %table[0, 0] sizes [17, 64] to %x {subtile = array<i64: 8, 64>} indices(0 by %i
  npu.copy %table[0, 0] sizes [17, 64] to %x {subtile = array<i64: 8, 64>} indices(0 by %i : memref<17xi32, strided<[1]>, "spad">) : memref<300x64xf32> to memref<17x64xf32, strided<[64, 1]>, "spad">
  npu.return
}

func.func @by_index_on_tensors(%t: tensor<300x64xf32>, %i: tensor<17xi32>) -> tensor<300x64xf32> {
  // CHECK: %r = npu.gather %t[%i] in 0
  %r = npu.gather %t[%i] in 0 {from_end} : tensor<300x64xf32>, tensor<17xi32> -> tensor<17x64xf32>
  // CHECK: npu.scatter %r to %t[%i] in 0
  %s = npu.scatter %r to %t[%i] in 0 {combine = "max"} : tensor<17x64xf32> to tensor<300x64xf32>, tensor<17xi32> -> tensor<300x64xf32>
  func.return %s : tensor<300x64xf32>
}

npu.kernel @looked_up() {
  %T = npu.alloc : memref<1x300xf32, "spad">
  %I = npu.alloc : memref<1x17xi32, "spad">
  %t = memref.subview %T[0, 0] [1, 300] [1, 1] : memref<1x300xf32, "spad"> to memref<300xf32, strided<[1]>, "spad">
  %o = memref.subview %T[0, 0] [1, 17] [1, 1] : memref<1x300xf32, "spad"> to memref<17xf32, strided<[1]>, "spad">
  %i = memref.subview %I[0, 0] [1, 17] [1, 1] : memref<1x17xi32, "spad"> to memref<17xi32, strided<[1]>, "spad">
  %e = memref.subview %I[0, 0] [1, 2] [1, 1] : memref<1x17xi32, "spad"> to memref<2xi32, strided<[1]>, "spad">
  npu.compute @c ins(%t, %i : memref<300xf32, strided<[1]>, "spad">, memref<17xi32, strided<[1]>, "spad">) outs(%o, %e : memref<17xf32, strided<[1]>, "spad">, memref<2xi32, strided<[1]>, "spad">) {
  ^bb0(%a: memref<300xf32, strided<[1]>, "spad">, %b: memref<17xi32, strided<[1]>, "spad">, %c: memref<17xf32, strided<[1]>, "spad">, %d: memref<2xi32, strided<[1]>, "spad">):
    // CHECK: npu.lookup %{{.*}}[%{{.*}}] to %{{.*}} : memref<300xf32, strided<[1]>, "spad">, memref<17xi32
    npu.lookup %a[%b] to %c : memref<300xf32, strided<[1]>, "spad">, memref<17xi32, strided<[1]>, "spad"> to memref<17xf32, strided<[1]>, "spad">
    // CHECK: npu.ends %{{.*}} to %{{.*}} : memref<17xi32
    npu.ends %b to %d : memref<17xi32, strided<[1]>, "spad"> to memref<2xi32, strided<[1]>, "spad">
    npu.yield
  }
  npu.return
}
