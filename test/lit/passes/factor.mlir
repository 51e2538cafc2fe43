// RUN: npu-opt %s -p npu-group | npu-opt | filecheck %s --check-prefix GROUP
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8},npu-tile{machine=8x8}' | filecheck %s --check-prefix TILE

// A factorisation is alone in its kernel, and matrices are whole in a tile.

func.func @main(%x: tensor<300x35x2xf32>) -> tensor<300x35x2xf32> {
  // GROUP: npu.group @{{.*}} ins(%x
  // GROUP: linalg.generic {{.*}} attrs = {npu.factor = ["lu", 5 : i64, 7 : i64, 5 : i64]} {
  // GROUP: npu.group @{{.*}} ins(%
  // GROUP: arith.addf
  // TILE: npu.kernel @[[K:.*]](%{{.*}}: memref<300x35x2xf32>, %{{.*}}: memref<300x35x2xf32>)
  // TILE: npu.copy %{{.*}}[%i, 0, 0] sizes [20, 35, 2] to
  // TILE: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "reduction"]} {{.*}} attrs = {npu.factor = ["lu", 5 : i64, 7 : i64, 5 : i64]} {
  %e = tensor.empty() : tensor<300x35x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "reduction", "reduction"]} ins(%x : tensor<300x35x2xf32>) outs(%e : tensor<300x35x2xf32>) attrs = {npu.factor = ["lu", 5, 7, 5]} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.subf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<300x35x2xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%r : tensor<300x35x2xf32>) outs(%e : tensor<300x35x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.addf %in, %in : f32
    linalg.yield %m : f32
  } -> tensor<300x35x2xf32>
  func.return %s : tensor<300x35x2xf32>
}
