// RUN: not npu-opt %s -p 'npu-tile{machine=8x8}' 2>&1 | filecheck %s

// CHECK: concat_invalid.mlir:5: npu-tile: part 0 of tensor.concat is not the result of a group that nobody else reads, so that no kernel stores it; run npu-group first
func.func @main(%x: tensor<4x5xf32>, %y: tensor<4x3xf32>) -> tensor<4x8xf32> {
  %w = tensor.concat dim(1) %x, %y : (tensor<4x5xf32>, tensor<4x3xf32>) -> tensor<4x8xf32>
  func.return %w : tensor<4x8xf32>
}
