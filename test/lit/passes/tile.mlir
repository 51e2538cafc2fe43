// RUN: npu-opt %s -p 'npu-tile{machine=8x8}' --split-input-file | filecheck %s
// RUN: npu-opt %s -p 'npu-tile{machine=8x8}' --split-input-file | npu-opt --split-input-file

// Rows and weights in the reduction loop, weights transposed on the way; bias and store outside it.
// Values have names by what they are for: arguments, loops and buffers.
// CHECK-LABEL: npu.kernel @matmul_0(%input: memref<7x20xf32>, %weight: memref<8x20xf32>, %in: memref<8xf32>, %out: memref<7x8xf32>)
// CHECK:         %c0 = arith.constant 0 : index
// CHECK-NOT:     arith.constant 0 : index
// CHECK:         %rows = npu.alloc {buffers = 2 : i64} : memref<1x4x8xf32, "spad">
// CHECK:         %weights = npu.alloc {buffers = 2 : i64} : memref<1x8x8xf32, "spad">
// CHECK:         %in_spad = npu.alloc {buffers = 1 : i64} : memref<1x8xf32, "spad">
// CHECK:         %acc = npu.alloc {buffers = 2 : i64} : memref<1x4x8xf32, "spad">
// CHECK:         npu.copy %in[0] sizes [8] to %in_spad_tile {subtile = array<i64: 4>}
// CHECK:         scf.for %m = %c0 to %c7 step %c4
// CHECK:           %tm = affine.min affine_map<(d0) -> (4, ((d0 * -1) + 7))> (%m)
// CHECK:           %[[OUT:acc_tile.*]] = memref.subview %acc[0, 0, 0] [1, %tm, 8]
// CHECK:           scf.for %k = %c0 to %c20 step %c8
// CHECK:             %tk = affine.min affine_map<(d0) -> (8, ((d0 * -1) + 20))> (%k)
// CHECK:             npu.copy %input[%m, %k] sizes [%tm, %tk] to %{{.*}} {subtile = array<i64: 4, 4>} : memref<7x20xf32> to memref<?x?xf32
// CHECK:             %weights_tile = memref.subview %weights[0, 0, 0] [1, %tk, 8] [1, 1, 1]
// CHECK:             npu.copy %weight[0, %k] sizes [8, %tk] to %weights_tile {permutation = array<i64: 1, 0>, subtile = array<i64: 4, 4>}
// CHECK:             %later = arith.cmpi ne, %k, %c0
// CHECK:             %w = npu.preload
// CHECK:             npu.matmul {{.*}}, %w into {{.*}} accumulate(%later)
// CHECK:           } {npu.iteration = "reduction"}
// CHECK:           npu.compute @matmul_0_c0 ins({{.*}}) outs(%[[OUT]] :
// CHECK:           npu.copy %[[OUT]] to %out[%m, 0] sizes [%tm, 8] {subtile = array<i64: 4, 4>}
// CHECK:         } {npu.iteration = "parallel"}
// CHECK:       func.func @main(%a: memref<7x20xf32>, %b: memref<8x20xf32>, %bias: memref<8xf32>) -> memref<7x8xf32> {
// CHECK-NEXT:    %r = memref.alloc() : memref<7x8xf32>
// CHECK-NEXT:    npu.launch @matmul_0(%a, %b, %bias, %r) ops ["aten.addmm"] :
// CHECK-NEXT:    func.return %r
func.func @main(%a: tensor<7x20xf32>, %b: tensor<8x20xf32>, %bias: tensor<8xf32>) -> tensor<7x8xf32> {
  %r = npu.group @matmul_0 ins(%a, %b, %bias : tensor<7x20xf32>, tensor<8x20xf32>, tensor<8xf32>) {
  ^bb0(%x: tensor<7x20xf32>, %y: tensor<8x20xf32>, %z: tensor<8xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<7x8xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<7x8xf32>) -> tensor<7x8xf32>
    %mm = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<7x20xf32>, tensor<8x20xf32>) outs(%zeros : tensor<7x8xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.addf %o, %s : f32
      linalg.yield %t : f32
    } -> tensor<7x8xf32>
    %f = tensor.empty() : tensor<7x8xf32>
    %plus = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%mm, %z : tensor<7x8xf32>, tensor<8xf32>) outs(%f : tensor<7x8xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.addf %p, %q : f32
      linalg.yield %s : f32
    } -> tensor<7x8xf32>
    npu.yield %plus : tensor<7x8xf32>
  } ops ["aten.addmm"] mapping <hold in 1, par m 4, par n 8 by 4, hold acc 2, [for k 8 by 4, hold rows 2, hold weights 2, run arrays], run vector> : tensor<7x8xf32>
  func.return %r : tensor<7x8xf32>
}

// -----

// The whole group is one tile function; the reduced dimension has no loop.
// CHECK-LABEL: npu.kernel @sum_0
// CHECK:         scf.for
// CHECK:           npu.copy
// CHECK:           npu.compute @sum_0_c0 ins({{.*}}) outs({{.*}}) {
// CHECK:             linalg.fill
// CHECK-NEXT:        linalg.generic
// CHECK:           npu.copy
// CHECK-NEXT:    } {npu.iteration = "parallel"}
func.func @main(%a: tensor<7x5xf32>) -> tensor<7xf32> {
  %r = npu.group @sum_0 ins(%a : tensor<7x5xf32>) {
  ^bb0(%x: tensor<7x5xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<7xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<7x5xf32>) outs(%zeros : tensor<7xf32>) {
    ^bb1(%p: f32, %o: f32):
      %s = arith.addf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<7xf32>
    npu.yield %sum : tensor<7xf32>
  } ops ["aten.sum"] mapping <par i 3, hold in 2, hold out 2, [for j 5, run vector]> : tensor<7xf32>
  func.return %r : tensor<7xf32>
}

// -----

// A transposed copy needs no vector code: it goes in transposed and out as it is. Loops follow order.
// CHECK-LABEL: npu.kernel @t_0
// CHECK:         scf.for %[[J:.*]] =
// CHECK:           affine.min affine_map<(d0) -> (3, ((d0 * -1) + 7))> (%[[J]])
// CHECK:           scf.for %[[I:.*]] =
// CHECK:             npu.copy %in{{.*}} {permutation = array<i64: 1, 0>,
// CHECK-NOT:         npu.compute
// CHECK:             npu.copy
func.func @main(%a: tensor<7x5xf32>) -> tensor<5x7xf32> {
  %r = npu.group @t_0 ins(%a : tensor<7x5xf32>) {
  ^bb0(%x: tensor<7x5xf32>):
    %e = tensor.empty() : tensor<5x7xf32>
    %t = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<7x5xf32>) outs(%e : tensor<5x7xf32>) {
    ^bb1(%p: f32, %o: f32):
      linalg.yield %p : f32
    } -> tensor<5x7xf32>
    npu.yield %t : tensor<5x7xf32>
  } ops ["aten.t"] mapping <par j 3, par i 3, hold in 1, run vector> : tensor<5x7xf32>
  func.return %r : tensor<5x7xf32>
}
