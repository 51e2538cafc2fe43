// RUN: npu-opt %s -p npu-group --split-input-file | filecheck %s

// The largest and the sum of each row: one group, which loads the tensor once.
// CHECK-LABEL: func.func @main
// CHECK:         %[[MAX:.*]], %[[SUM:.*]] = npu.group @{{.*}} ins(%{{.*}} : tensor<4x9xf32>) {
// CHECK:           arith.maximumf
// CHECK:           arith.addf
// CHECK:         } ops ["aten.amax", "aten.sum"]
// CHECK-NOT:     npu.group
// CHECK:         func.return %[[MAX]], %[[SUM]]
func.func @main(%x: tensor<4x9xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %elows = tensor.empty() : tensor<4xf32>
  %lows = linalg.fill ins(%low : f32) outs(%elows : tensor<4xf32>) -> tensor<4xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x9xf32>) outs(%lows : tensor<4xf32>) attrs = {npu.torch_op = "aten.amax"} {
  ^bb0(%v: f32, %o: f32):
    %s = arith.maximumf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %ezeros = tensor.empty() : tensor<4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%ezeros : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x9xf32>) outs(%zeros : tensor<4xf32>) attrs = {npu.torch_op = "aten.sum"} {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  func.return %max, %sum : tensor<4xf32>, tensor<4xf32>
}

// -----

// Sums of the rows and of the columns walk the tensor in two orders: two groups.
// CHECK-LABEL: func.func @main
// CHECK:         npu.group @{{.*}} ins(%{{.*}} : tensor<4x9xf32>) {
// CHECK:         } ops ["aten.sum"]
// CHECK:         npu.group @{{.*}} ins(%{{.*}} : tensor<4x9xf32>) {
// CHECK:         } ops ["aten.mean"]
func.func @main(%x: tensor<4x9xf32>) -> (tensor<4xf32>, tensor<9xf32>) {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %ezeros = tensor.empty() : tensor<4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%ezeros : tensor<4xf32>) -> tensor<4xf32>
  %rows = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x9xf32>) outs(%zeros : tensor<4xf32>) attrs = {npu.torch_op = "aten.sum"} {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %enine = tensor.empty() : tensor<9xf32>
  %nine = linalg.fill ins(%zero : f32) outs(%enine : tensor<9xf32>) -> tensor<9xf32>
  %columns = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>], iterator_types = ["reduction", "parallel"]} ins(%x : tensor<4x9xf32>) outs(%nine : tensor<9xf32>) attrs = {npu.torch_op = "aten.mean"} {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<9xf32>
  func.return %rows, %columns : tensor<4xf32>, tensor<9xf32>
}

// -----

// What waits for the other one through a third group cannot be with it.
// CHECK-LABEL: func.func @main
// CHECK:         %[[SUM:.*]] = npu.group @{{.*}} ins(%{{.*}} : tensor<4x9xf32>) {
// CHECK:         } ops ["aten.sum"]
// CHECK:         npu.group @{{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x9xf32>, tensor<4xf32>) {
// CHECK:         } ops ["aten.amax"]
func.func @main(%x: tensor<4x9xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %ezeros = tensor.empty() : tensor<4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%ezeros : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x9xf32>) outs(%zeros : tensor<4xf32>) attrs = {npu.torch_op = "aten.sum"} {
  ^bb0(%v: f32, %o: f32):
    %s = arith.addf %o, %v : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %wide = tensor.expand_shape %sum [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %turned = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%wide : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) attrs = {npu.torch_op = "aten.t"} {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<2x2xf32>
  %flat = tensor.collapse_shape %turned [[0, 1]] : tensor<2x2xf32> into tensor<4xf32>
  %elows = tensor.empty() : tensor<4xf32>
  %lows = linalg.fill ins(%low : f32) outs(%elows : tensor<4xf32>) -> tensor<4xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x, %flat : tensor<4x9xf32>, tensor<4xf32>) outs(%lows : tensor<4xf32>) attrs = {npu.torch_op = "aten.amax"} {
  ^bb0(%v: f32, %w: f32, %o: f32):
    %s = arith.addf %v, %w : f32
    %m = arith.maximumf %o, %s : f32
    linalg.yield %m : f32
  } -> tensor<4xf32>
  func.return %sum, %max : tensor<4xf32>, tensor<4xf32>
}
