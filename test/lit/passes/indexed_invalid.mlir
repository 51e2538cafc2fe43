// RUN: not npu-opt %s --split-input-file -p 'npu-tile{machine=8x8}' 2>&1 | filecheck %s

// CHECK: npu-tile: the mapping #npu.mapping<hold indices 1, par m 4, hold rows 3, run transfer> of group 'gather_4x8' does not suit it; expected loops over n, j, and indices and rows held
func.func @main(%t: tensor<30x8xf32>, %i: tensor<4xi32>) -> tensor<4x8xf32> {
  %r = npu.group @gather_4x8 ins(%t, %i : tensor<30x8xf32>, tensor<4xi32>) {
  ^bb0(%a: tensor<30x8xf32>, %b: tensor<4xi32>):
    %g = npu.gather %a[%b] in 0 : tensor<30x8xf32>, tensor<4xi32> -> tensor<4x8xf32>
    npu.yield %g : tensor<4x8xf32>
  } ops [] mapping <hold indices 1, par m 4, hold rows 3, run transfer> : tensor<4x8xf32>
  func.return %r : tensor<4x8xf32>
}
