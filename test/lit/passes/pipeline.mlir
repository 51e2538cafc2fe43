// The whole compiler as one pass is its passes one after another.
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' -o %t.whole.mlir
// RUN: npu-opt %s -p 'npu-group{machine=8x8},npu-map{machine=8x8},npu-tile{machine=8x8},npu-distribute,npu-insert-dma,npu-double-buffer{machine=8x8},npu-place{machine=8x8},npu-derive-tog' -o %t.steps.mlir
// RUN: diff %t.whole.mlir %t.steps.mlir
// RUN: filecheck %s --input-file %t.whole.mlir

// Placed kernels, then one graph for each and one for the host.
// CHECK: npu.kernel @elementwise_7x5
// CHECK: npu.alloc {offset = 0 : i64}
// CHECK: npu.compute @elementwise_7x5_c0
// CHECK: func.func @main
// CHECK: npu.launch @elementwise_7x5
// CHECK: tog.graph @elementwise_7x5
func.func @main(%a: tensor<7x5xf32>, %b: tensor<7x5xf32>) -> tensor<7x5xf32> {
  %e = tensor.empty() : tensor<7x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<7x5xf32>, tensor<7x5xf32>) outs(%e : tensor<7x5xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %s = arith.addf %x, %y : f32
    linalg.yield %s : f32
  } -> tensor<7x5xf32>
  func.return %r : tensor<7x5xf32>
}
