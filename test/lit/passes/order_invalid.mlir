// RUN: not npu-opt %s -p npu-group 2>&1 | filecheck %s

// What the marks of a loop in order do not go with.
// CHECK: error: npu-group: these operations fit no kernel
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.sort takes rows of a power of two of pairs of i32, got tensor<3x6x2xi32>
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.sort takes rows of a power of two of pairs of i32, got tensor<3x8xi32>
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.sort takes rows of a power of two of pairs of i32, got tensor<8x2xf32>
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.sort reduces the last two loops, over a row and over the halves
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.sort reads and writes its pairs in the order of its loops
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: the body of npu.sort is arith.minsi or arith.maxsi of two that meet
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.scan reduces one loop, got 2
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.scan reduces one loop, got 0
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: it has npu.scan and npu.sort, one is taken
// CHECK-NEXT: {{.*}}order_invalid.mlir:{{[0-9]+}}: linalg.generic: npu.merge belongs to kernels; use npu.sort
func.func @main(%x0: tensor<3x6x2xi32>, %x1: tensor<3x8xi32>, %x2: tensor<8x2xf32>, %x3: tensor<4x8x2xi32>, %x4: tensor<2x8x2xi32>, %x5: tensor<8x2xi32>, %x6: tensor<4x8xf32>) -> (tensor<3x6x2xi32>, tensor<3x8xi32>, tensor<8x2xf32>, tensor<4x8x2xi32>, tensor<2x8x2xi32>, tensor<8x2xi32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<8x2xi32>, tensor<8x2xi32>) {
  %e0 = tensor.empty() : tensor<3x6x2xi32>
  %e1 = tensor.empty() : tensor<3x8xi32>
  %e2 = tensor.empty() : tensor<8x2xf32>
  %e3 = tensor.empty() : tensor<4x8x2xi32>
  %e4 = tensor.empty() : tensor<2x8x2xi32>
  %e5 = tensor.empty() : tensor<8x2xi32>
  %e6 = tensor.empty() : tensor<4x8xf32>
  %r0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "reduction", "reduction"]} ins(%x0 : tensor<3x6x2xi32>) outs(%e0 : tensor<3x6x2xi32>) attrs = {npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<3x6x2xi32>
  %r1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x1 : tensor<3x8xi32>) outs(%e1 : tensor<3x8xi32>) attrs = {npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<3x8xi32>
  %r2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x2 : tensor<8x2xf32>) outs(%e2 : tensor<8x2xf32>) attrs = {npu.sort} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.minimumf %in, %out : f32
    linalg.yield %m : f32
  } -> tensor<8x2xf32>
  %r3 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x3 : tensor<4x8x2xi32>) outs(%e3 : tensor<4x8x2xi32>) attrs = {npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<4x8x2xi32>
  %r4 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d2, d1, d0)>], iterator_types = ["parallel", "reduction", "reduction"]} ins(%x4 : tensor<2x8x2xi32>) outs(%e4 : tensor<2x8x2xi32>) attrs = {npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<2x8x2xi32>
  %r5 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x5 : tensor<8x2xi32>) outs(%e5 : tensor<8x2xi32>) attrs = {npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.addi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<8x2xi32>
  %r6 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x6 : tensor<4x8xf32>) outs(%e6 : tensor<4x8xf32>) attrs = {npu.scan} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.addf %in, %out : f32
    linalg.yield %m : f32
  } -> tensor<4x8xf32>
  %r7 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x6 : tensor<4x8xf32>) outs(%e6 : tensor<4x8xf32>) attrs = {npu.scan} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.addf %in, %out : f32
    linalg.yield %m : f32
  } -> tensor<4x8xf32>
  %r8 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x5 : tensor<8x2xi32>) outs(%e5 : tensor<8x2xi32>) attrs = {npu.scan, npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<8x2xi32>
  %r9 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x5 : tensor<8x2xi32>) outs(%e5 : tensor<8x2xi32>) attrs = {npu.merge} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<8x2xi32>
  func.return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9 : tensor<3x6x2xi32>, tensor<3x8xi32>, tensor<8x2xf32>, tensor<4x8x2xi32>, tensor<2x8x2xi32>, tensor<8x2xi32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<8x2xi32>, tensor<8x2xi32>
}
