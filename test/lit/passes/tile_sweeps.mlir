// RUN: npu-opt %s -p 'npu-tile{machine=8x8}' | filecheck %s
// RUN: npu-opt %s -p 'npu-tile{machine=8x8},npu-distribute,npu-insert-dma,npu-double-buffer{machine=8x8}' | filecheck %s --check-prefix=SLOTS

// A mapping that cuts the reduced dimension makes sweeps, each with tiles of its own: one that adds
// up the row, one that divides by the sum; what stands between them works on whole rows.
// CHECK-LABEL: npu.kernel @scale_0
// CHECK:         %in_spad = npu.alloc {buffers = 2 : i64} : memref<1x1x8xf32, "spad">
// CHECK:         %in_spad_1 = npu.alloc {buffers = 2 : i64} : memref<1x1x8xf32, "spad">
// CHECK:         scf.for %i = %c0 to %c4 step %c1
// CHECK:           npu.compute @scale_0_c0
// CHECK:             linalg.fill
// CHECK:           scf.for %j = %c0 to %c20 step %c8
// CHECK:             %tj = affine.min affine_map<(d0) -> (8, ((d0 * -1) + 20))> (%j)
// CHECK:             npu.copy %in[%i, %j] sizes [1, %tj] to
// CHECK:             npu.compute @scale_0_c1
// CHECK:               arith.addf
// CHECK:           } {npu.iteration = "reduction"}
// CHECK:           npu.compute @scale_0_c2
// CHECK:             math.rsqrt
// CHECK:           scf.for %[[J:.*]] = %c0 to %c20 step %c8
// CHECK:             npu.copy %in[%i, %[[J]]] sizes
// CHECK:             npu.compute @scale_0_c3
// CHECK:               arith.mulf
// CHECK:             npu.copy {{.*}} to %out[%i, %[[J]]]
// CHECK:           } {npu.iteration = "parallel"}
// CHECK:         } {npu.iteration = "parallel"}

// Tiles of either sweep come and go through two slots; what a row adds up to, through one.
// SLOTS: %in_spad = npu.alloc : memref<2x1x8xf32, "spad">
// SLOTS: %in_spad_1 = npu.alloc : memref<2x1x8xf32, "spad">
// SLOTS: npu.alloc : memref<1x1xf32, "spad">
// SLOTS: %out_spad = npu.alloc : memref<2x1x8xf32, "spad">
func.func @main(%x: tensor<4x20xf32>) -> tensor<4x20xf32> {
  %r = npu.group @scale_0 ins(%x : tensor<4x20xf32>) {
  ^bb0(%a: tensor<4x20xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<4xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x20xf32>) outs(%zeros : tensor<4xf32>) {
    ^bb1(%p: f32, %o: f32):
      %s = arith.addf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    %e1 = tensor.empty() : tensor<4xf32>
    %root = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%sum : tensor<4xf32>) outs(%e1 : tensor<4xf32>) {
    ^bb1(%p: f32, %o: f32):
      %s = math.rsqrt %p : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    %e2 = tensor.empty() : tensor<4x20xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%a, %root : tensor<4x20xf32>, tensor<4xf32>) outs(%e2 : tensor<4x20xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.mulf %p, %q : f32
      linalg.yield %s : f32
    } -> tensor<4x20xf32>
    npu.yield %y : tensor<4x20xf32>
  } ops ["aten.mul"] mapping <par i 1, hold temp 1, run between_0, [for j 8, hold in 2, run sweep_0], run between_1, [for j 8, hold in_1 2, hold out 2, run sweep_1]> : tensor<4x20xf32>
  func.return %r : tensor<4x20xf32>
}
