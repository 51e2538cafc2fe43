// RUN: npu-opt %s -p 'npu-map{machine=tpuv3}' --split-input-file | filecheck %s
// RUN: npu-opt %s -p 'npu-map{machine=8x8}' --split-input-file | filecheck %s --check-prefix=SMALL

// Dimensions are the contraction's loops m, n, k; the reduction is the innermost tile loop.
// CHECK: ops ["aten.addmm"] mapping <hold weights 1, hold in 1, par m {{[0-9]+}}, par n 224 by 128, hold rows 3, hold acc 3, [for k 244 by 128, run arrays], run vector>
// SMALL: ops ["aten.addmm"] mapping <{{.*}}par m {{[0-9]+}},{{.*}} par n {{[0-9]+}} by 8,{{.*}} [for k 244 by 8, {{.*}}run arrays], run vector>
func.func @main(%a: tensor<516x244xf32>, %b: tensor<224x244xf32>, %bias: tensor<224xf32>) -> tensor<516x224xf32> {
  %r = npu.group @matmul_0 ins(%a, %b, %bias : tensor<516x244xf32>, tensor<224x244xf32>, tensor<224xf32>) {
  ^bb0(%x: tensor<516x244xf32>, %y: tensor<224x244xf32>, %z: tensor<224xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<516x224xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<516x224xf32>) -> tensor<516x224xf32>
    %mm = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<516x244xf32>, tensor<224x244xf32>) outs(%zeros : tensor<516x224xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.addf %o, %s : f32
      linalg.yield %t : f32
    } -> tensor<516x224xf32>
    %f = tensor.empty() : tensor<516x224xf32>
    %plus = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%mm, %z : tensor<516x224xf32>, tensor<224xf32>) outs(%f : tensor<516x224xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.addf %p, %q : f32
      linalg.yield %s : f32
    } -> tensor<516x224xf32>
    npu.yield %plus : tensor<516x224xf32>
  } ops ["aten.addmm"] : tensor<516x224xf32>
  func.return %r : tensor<516x224xf32>
}

// -----

// Rows stay whole; as many of them together as overlap loading, computing and storing best.
// CHECK: ops ["aten.sum"] mapping <par i {{[0-9]+}}, hold in 3, hold out 3, [for j 300, run vector]>
// SMALL: ops ["aten.sum"] mapping <par i {{[0-9]+}}, hold in 3, hold out 3, [for j 300, run vector]>
func.func @main(%a: tensor<1000x300xf32>) -> tensor<1000xf32> {
  %r = npu.group @sum_0 ins(%a : tensor<1000x300xf32>) {
  ^bb0(%x: tensor<1000x300xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<1000xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<1000xf32>) -> tensor<1000xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<1000x300xf32>) outs(%zeros : tensor<1000xf32>) {
    ^bb1(%p: f32, %o: f32):
      %s = arith.addf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<1000xf32>
    npu.yield %sum : tensor<1000xf32>
  } ops ["aten.sum"] : tensor<1000xf32>
  func.return %r : tensor<1000xf32>
}

// -----

// A mapping that is there stays.
// CHECK: mapping <par j 3, par i 3, hold in 1, run vector>
// SMALL: mapping <par j 3, par i 3, hold in 1, run vector>
func.func @main(%a: tensor<7x5xf32>) -> tensor<5x7xf32> {
  %r = npu.group @t_0 ins(%a : tensor<7x5xf32>) {
  ^bb0(%x: tensor<7x5xf32>):
    %e = tensor.empty() : tensor<5x7xf32>
    %t = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<7x5xf32>) outs(%e : tensor<5x7xf32>) {
    ^bb1(%p: f32, %o: f32):
      linalg.yield %p : f32
    } -> tensor<5x7xf32>
    npu.yield %t : tensor<5x7xf32>
  } ops ["aten.t"] mapping <par j 3, par i 3, hold in 1, run vector> : tensor<5x7xf32>
  func.return %r : tensor<5x7xf32>
}
