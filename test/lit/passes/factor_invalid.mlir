// RUN: not npu-opt %s -p npu-group 2>&1 | filecheck %s

// What a factorisation is not.
// CHECK: error: npu-group: these operations fit no kernel
// CHECK-NEXT: {{.*}}factor_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.factor is ["kind", rows, width, columns]
// CHECK-NEXT: {{.*}}factor_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.factor is one of
// CHECK-NEXT: {{.*}}factor_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.factor lu takes 0 to 2 steps, got 3
// CHECK-NEXT: {{.*}}factor_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.factor takes rows of 2 x 4 pairs of f32, got tensor<9x2xf32>
// CHECK-NEXT: {{.*}}factor_invalid.mlir:{{[0-9]+}}: linalg.generic: the body of npu.factor is arith.subf of two rows
// CHECK-NEXT: {{.*}}factor_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.factor reduces the last two loops, over a matrix and over the parts
func.func @main(%x0: tensor<8x2xf32>, %x1: tensor<8x2xf32>, %x2: tensor<8x2xf32>, %x3: tensor<9x2xf32>, %x4: tensor<8x2xf32>, %x5: tensor<8x2xf32>) -> (tensor<8x2xf32>, tensor<8x2xf32>, tensor<8x2xf32>, tensor<9x2xf32>, tensor<8x2xf32>, tensor<8x2xf32>) {
  %e0 = tensor.empty() : tensor<8x2xf32>
  %r0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x0 : tensor<8x2xf32>) outs(%e0 : tensor<8x2xf32>) attrs = {npu.factor = ["lu", 2, 4]} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.subf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<8x2xf32>
  %e1 = tensor.empty() : tensor<8x2xf32>
  %r1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x1 : tensor<8x2xf32>) outs(%e1 : tensor<8x2xf32>) attrs = {npu.factor = ["svd", 2, 4, 2]} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.subf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<8x2xf32>
  %e2 = tensor.empty() : tensor<8x2xf32>
  %r2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x2 : tensor<8x2xf32>) outs(%e2 : tensor<8x2xf32>) attrs = {npu.factor = ["lu", 2, 4, 3]} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.subf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<8x2xf32>
  %e3 = tensor.empty() : tensor<9x2xf32>
  %r3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x3 : tensor<9x2xf32>) outs(%e3 : tensor<9x2xf32>) attrs = {npu.factor = ["ldl", 2, 4, 2]} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.subf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<9x2xf32>
  %e4 = tensor.empty() : tensor<8x2xf32>
  %r4 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x4 : tensor<8x2xf32>) outs(%e4 : tensor<8x2xf32>) attrs = {npu.factor = ["ldl", 2, 4, 2]} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.addf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<8x2xf32>
  %e5 = tensor.empty() : tensor<8x2xf32>
  %r5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "reduction"]} ins(%x5 : tensor<8x2xf32>) outs(%e5 : tensor<8x2xf32>) attrs = {npu.factor = ["ldl", 2, 4, 2]} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.subf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<8x2xf32>
  func.return %r0, %r1, %r2, %r3, %r4, %r5 : tensor<8x2xf32>, tensor<8x2xf32>, tensor<8x2xf32>, tensor<9x2xf32>, tensor<8x2xf32>, tensor<8x2xf32>
}
