// RUN: not npu-opt %s -p 'npu-tile{machine=8x8}' 2>&1 | filecheck %s
// RUN: not npu-opt %s -p 'npu-tile{machine="nowhere.yaml"}' 2>&1 | filecheck %s --check-prefix=MACHINE

// What a reduction accumulates must stay in its buffer: no parallel loop inside of it.
// CHECK: tile_invalid.mlir:8: npu-tile: the mapping #npu.mapping<hold in 1, par m 4, {{.*}}> of group 'matmul_0' has a reduction loop outside of 'par n 16 by 8'; put loops over summed dimensions innermost
// MACHINE: error: nowhere.yaml: no such machine file
func.func @main(%a: tensor<7x20xf32>, %b: tensor<20x20xf32>, %bias: tensor<20xf32>) -> tensor<7x20xf32> {
  %r = npu.group @matmul_0 ins(%a, %b, %bias : tensor<7x20xf32>, tensor<20x20xf32>, tensor<20xf32>) {
  ^bb0(%x: tensor<7x20xf32>, %y: tensor<20x20xf32>, %z: tensor<20xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<7x20xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<7x20xf32>) -> tensor<7x20xf32>
    %mm = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<7x20xf32>, tensor<20x20xf32>) outs(%zeros : tensor<7x20xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.addf %o, %s : f32
      linalg.yield %t : f32
    } -> tensor<7x20xf32>
    %f = tensor.empty() : tensor<7x20xf32>
    %plus = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%mm, %z : tensor<7x20xf32>, tensor<20xf32>) outs(%f : tensor<7x20xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.addf %p, %q : f32
      linalg.yield %s : f32
    } -> tensor<7x20xf32>
    npu.yield %plus : tensor<7x20xf32>
  } ops ["aten.addmm"] mapping <hold in 1, par m 4, for k 16 by 8, hold rows 2, par n 16 by 8, hold weights 2, hold acc 2, run arrays, run vector> : tensor<7x20xf32>
  func.return %r : tensor<7x20xf32>
}

