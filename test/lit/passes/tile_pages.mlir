// RUN: npu-opt %s -p 'npu-tile{machine=8x8_ramulator2}' | filecheck %s

// The mapping's pieces are 4 wide. This machine's DRAM has rows of 8 KiB: no piece is cut along the
// dimension whose elements stand side by side in DRAM, the transposed weights' own first one included.
// CHECK-LABEL: npu.kernel @matmul_0(
// CHECK:         npu.copy %in[0] sizes [8] to %{{.*}} {subtile = array<i64: 8>}
// CHECK:         npu.copy %input[%m, %k] sizes [%tm, %tk] to %{{.*}} {subtile = array<i64: 4, 8>}
// CHECK:         npu.copy %weight[0, %k] sizes [8, %tk] to %weights_tile {permutation = array<i64: 1, 0>, subtile = array<i64: 8, 4>}
// CHECK:         npu.copy %{{.*}} to %out[%m, 0] sizes [%tm, 8] {subtile = array<i64: 4, 8>}
func.func @main(%a: tensor<7x20xf32>, %b: tensor<8x20xf32>, %bias: tensor<8xf32>) -> tensor<7x8xf32> {
  %r = npu.group @matmul_0 ins(%a, %b, %bias : tensor<7x20xf32>, tensor<8x20xf32>, tensor<8xf32>) {
  ^bb0(%x: tensor<7x20xf32>, %y: tensor<8x20xf32>, %z: tensor<8xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<7x8xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<7x8xf32>) -> tensor<7x8xf32>
    %mm = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<7x20xf32>, tensor<8x20xf32>) outs(%zeros : tensor<7x8xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.addf %o, %s : f32
      linalg.yield %t : f32
    } -> tensor<7x8xf32>
    %f = tensor.empty() : tensor<7x8xf32>
    %plus = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%mm, %z : tensor<7x8xf32>, tensor<8xf32>) outs(%f : tensor<7x8xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.addf %p, %q : f32
      linalg.yield %s : f32
    } -> tensor<7x8xf32>
    npu.yield %plus : tensor<7x8xf32>
  } ops ["aten.addmm"] mapping <hold in 1, par m 4, par n 8 by 4, hold acc 2, [for k 8 by 4, hold rows 2, hold weights 2, run arrays], run vector> : tensor<7x8xf32>
  func.return %r : tensor<7x8xf32>
}
