// RUN: not npu-opt %s -p 'npu-tile{machine=8x8}' 2>&1 | filecheck %s

// CHECK: npu-tile: group 'gather_4x8' cannot look its elements up; expected a gather of single f32 or i32 along the last of at most two dimensions
func.func @main(%t: tensor<30x8xf32>, %i: tensor<4xi32>) -> tensor<4x8xf32> {
  %r = npu.group @gather_4x8 ins(%t, %i : tensor<30x8xf32>, tensor<4xi32>) {
  ^bb0(%a: tensor<30x8xf32>, %b: tensor<4xi32>):
    %g = npu.gather %a[%b] in 0 : tensor<30x8xf32>, tensor<4xi32> -> tensor<4x8xf32>
    npu.yield %g : tensor<4x8xf32>
  } ops [] mapping <hold indices 1, hold table 1, par n 4, par j 8, hold rows 3, run lookup> : tensor<4x8xf32>
  func.return %r : tensor<4x8xf32>
}
