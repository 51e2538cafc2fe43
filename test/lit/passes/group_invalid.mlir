// RUN: not npu-opt %s -p npu-group 2>&1 | filecheck %s

// All that does not fit is named at once.
// CHECK:      error: npu-group: these operations fit no kernel; expected linalg.generic, linalg.fill, tensor.concat and tensor.pad on static tensors of f32, i32, i1, bf16 or f16
// CHECK-NEXT: {{.*}}group_invalid.mlir:{{[0-9]+}}: linalg.generic of aten.cumsum (model.py:3): linalg.index is not taken
// CHECK-NEXT: {{.*}}group_invalid.mlir:{{[0-9]+}}: linalg.generic of aten.slice: indexing map 0, (d0) -> ((d0 floordiv 2)), has (d0 floordiv 2), which is no constant plus multiples of loops
// CHECK-NEXT: {{.*}}group_invalid.mlir:{{[0-9]+}}: tensor.insert_slice: no pattern takes it
// CHECK-NEXT: {{.*}}group_invalid.mlir:{{[0-9]+}}: linalg.generic of aten.sum: tensor<f32> is not a static tensor of f32, i32, i1, bf16 or f16 and rank 1 or more
// CHECK-NEXT: {{.*}}group_invalid.mlir:{{[0-9]+}}: linalg.generic of aten.f64: tensor<4xf64> is not a static tensor of f32, i32, i1, bf16 or f16 and rank 1 or more
func.func @main(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<8xf32>, tensor<f32>, tensor<4xf64>) {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {npu.torch_op = "aten.cumsum", npu.torch_line = "model.py:3"} {
  ^bb0(%x: f32, %o: f32):
    %i = linalg.index 0 : index
    linalg.yield %x : f32
  } -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0 floordiv 2)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {npu.torch_op = "aten.slice"} {
  ^bb0(%x: f32, %o: f32):
    linalg.yield %x : f32
  } -> tensor<4xf32>
  %wide = tensor.empty() : tensor<8xf32>
  %2 = "tensor.insert_slice"(%a, %wide) <{static_offsets = array<i64: 4>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>, operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>}> : (tensor<4xf32>, tensor<8xf32>) -> tensor<8xf32>
  %3 = tensor.empty() : tensor<f32>
  %4 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>], iterator_types = ["reduction"]} ins(%a : tensor<4xf32>) outs(%3 : tensor<f32>) attrs = {npu.torch_op = "aten.sum"} {
  ^bb0(%x: f32, %o: f32):
    %s = arith.addf %x, %o : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  %5 = tensor.empty() : tensor<4xf64>
  %6 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<4xf32>) outs(%5 : tensor<4xf64>) attrs = {npu.torch_op = "aten.f64"} {
  ^bb0(%x: f32, %o: f64):
    %t = arith.extf %x : f32 to f64
    linalg.yield %t : f64
  } -> tensor<4xf64>
  func.return %0, %1, %2, %4, %6 : tensor<4xf32>, tensor<4xf32>, tensor<8xf32>, tensor<f32>, tensor<4xf64>
}
