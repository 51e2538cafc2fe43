// RUN: npu-opt %s -p 'npu-tile{machine=8x8}' | filecheck %s

// A sum of powers of a row less its maximum runs beside the maximum, in one sweep over the tiles of
// the row: each tile takes the maximum so far, and the sum of earlier ones is mended for it.
// CHECK-LABEL: npu.kernel @sum_0
// CHECK:           npu.compute @sum_0_c0
// CHECK-COUNT-3:     linalg.fill
// CHECK:           scf.for %j = %c0 to %c20 step %c8
// CHECK:             npu.copy
// CHECK:             npu.compute @sum_0_c1
// CHECK:               arith.maximumf
// CHECK:               arith.cmpf
// CHECK:               arith.select
// CHECK:               math.exp
// CHECK:               arith.mulf
// CHECK:               arith.subf
// CHECK:               math.exp
// CHECK:               arith.addf
// CHECK:           } {npu.iteration = "reduction"}
// CHECK-NOT:       scf.for
// CHECK:           npu.compute @sum_0_c2
// CHECK:             math.exp
// CHECK:           npu.copy {{.*}} to %out

// A product of a power and what it is a power of cannot be mended: it waits for the maximum.
// CHECK-LABEL: npu.kernel @sum_1
// CHECK:           scf.for %j = %c0 to %c20 step %c8
// CHECK:             arith.maximumf
// CHECK:           } {npu.iteration = "reduction"}
// CHECK:           scf.for
// CHECK:             math.exp
// CHECK:           } {npu.iteration = "reduction"}
func.func @main(%x: tensor<4x20xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %r = npu.group @sum_0 ins(%x : tensor<4x20xf32>) {
  ^bb0(%a: tensor<4x20xf32>):
    %low = arith.constant 0xFF800000 : f32
    %e = tensor.empty() : tensor<4xf32>
    %lows = linalg.fill ins(%low : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %max = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x20xf32>) outs(%lows : tensor<4xf32>) {
    ^bb1(%p: f32, %o: f32):
      %s = arith.maximumf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    %zero = arith.constant 0.0 : f32
    %e1 = tensor.empty() : tensor<4xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%a, %max : tensor<4x20xf32>, tensor<4xf32>) outs(%zeros : tensor<4xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %d = arith.subf %p, %q : f32
      %s = math.exp %d : f32
      %t = arith.addf %s, %o : f32
      linalg.yield %t : f32
    } -> tensor<4xf32>
    npu.yield %sum : tensor<4xf32>
  } ops ["aten.sum"] mapping <par i 1, hold temp 2, hold temp_1 2, hold temp_2 2, hold out 2, run between_0, hold temp_3 2, [for j 8, hold in 2, run sweep_0], run between_1> : tensor<4xf32>
  %u = npu.group @sum_1 ins(%x : tensor<4x20xf32>) {
  ^bb0(%a: tensor<4x20xf32>):
    %low = arith.constant 0xFF800000 : f32
    %e = tensor.empty() : tensor<4xf32>
    %lows = linalg.fill ins(%low : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    %max = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x20xf32>) outs(%lows : tensor<4xf32>) {
    ^bb1(%p: f32, %o: f32):
      %s = arith.maximumf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    %zero = arith.constant 0.0 : f32
    %e1 = tensor.empty() : tensor<4xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%a, %max : tensor<4x20xf32>, tensor<4xf32>) outs(%zeros : tensor<4xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %d = arith.subf %p, %q : f32
      %s = math.exp %d : f32
      %w = arith.mulf %s, %d : f32
      %t = arith.addf %w, %o : f32
      linalg.yield %t : f32
    } -> tensor<4xf32>
    npu.yield %sum : tensor<4xf32>
  } ops ["aten.sum"] mapping <par i 1, hold temp 2, hold out 2, run between_0, [for j 8, hold in 2, run sweep_0], [for j 8, hold in_1 2, run sweep_1]> : tensor<4xf32>
  func.return %r, %u : tensor<4xf32>, tensor<4xf32>
}
