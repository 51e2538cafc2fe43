// RUN: npu-opt %s -p npu-group --split-input-file | filecheck %s

// A transposed operand, zeros, bias and activation: all of it is one matmul.
// CHECK-LABEL: func.func @main
// CHECK-NOT:     linalg
// CHECK:         npu.group @matmul_7x13x5 ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<7x13xf32>, tensor<5x13xf32>, tensor<5xf32>) {
// CHECK:           linalg.fill
// CHECK:           linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK:           linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK:             arith.addf
// CHECK:             arith.maximumf
// CHECK-NOT:       linalg.generic
// CHECK:           npu.yield
// CHECK:         } ops ["aten.linear", "aten.relu"] : tensor<7x5xf32>
// CHECK-NEXT:    func.return
func.func @main(%a: tensor<7x13xf32>, %b: tensor<5x13xf32>, %bias: tensor<5xf32>) -> tensor<7x5xf32> {
  %zero = arith.constant 0.0 : f32
  %t = tensor.empty() : tensor<13x5xf32>
  %bt = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%b : tensor<5x13xf32>) outs(%t : tensor<13x5xf32>) attrs = {npu.torch_op = "aten.linear"} {
  ^bb0(%x: f32, %o: f32):
    linalg.yield %x : f32
  } -> tensor<13x5xf32>
  %e = tensor.empty() : tensor<7x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<7x5xf32>) -> tensor<7x5xf32>
  %mm = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %bt : tensor<7x13xf32>, tensor<13x5xf32>) outs(%zeros : tensor<7x5xf32>) attrs = {npu.torch_op = "aten.linear"} {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<7x5xf32>
  %plus = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%mm, %bias : tensor<7x5xf32>, tensor<5xf32>) outs(%e : tensor<7x5xf32>) attrs = {npu.torch_op = "aten.linear"} {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %s = arith.addf %x, %y : f32
    linalg.yield %s : f32
  } -> tensor<7x5xf32>
  %relu = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%plus : tensor<7x5xf32>) outs(%e : tensor<7x5xf32>) attrs = {npu.torch_op = "aten.relu"} {
  ^bb0(%x: f32, %o: f32):
    %s = arith.maximumf %x, %zero : f32
    linalg.yield %s : f32
  } -> tensor<7x5xf32>
  func.return %relu : tensor<7x5xf32>
}

// -----

// A value used twice is computed once and leaves the group only if it must.
// CHECK-LABEL: func.func @main
// CHECK:         %[[R0:.*]], %[[R1:.*]] = npu.group @tanh_6 ins(%{{.*}} : tensor<6xf32>) {
// CHECK:           math.exp
// CHECK:           linalg.generic
// CHECK:             arith.addf
// CHECK:             math.tanh
// CHECK:           npu.yield %{{.*}}, %{{.*}} : tensor<6xf32>, tensor<6xf32>
// CHECK:         } ops ["aten.exp", "aten.add", "aten.tanh"]
// CHECK-NEXT:    func.return %[[R0]], %[[R1]]
func.func @main(%a: tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %e = tensor.empty() : tensor<6xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<6xf32>) outs(%e : tensor<6xf32>) attrs = {npu.torch_op = "aten.exp"} {
  ^bb0(%x: f32, %o: f32):
    %s = math.exp %x : f32
    linalg.yield %s : f32
  } -> tensor<6xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%0, %a : tensor<6xf32>, tensor<6xf32>) outs(%e : tensor<6xf32>) attrs = {npu.torch_op = "aten.add"} {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %s = arith.addf %x, %y : f32
    linalg.yield %s : f32
  } -> tensor<6xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%1 : tensor<6xf32>) outs(%e : tensor<6xf32>) attrs = {npu.torch_op = "aten.tanh"} {
  ^bb0(%x: f32, %o: f32):
    %s = math.tanh %x : f32
    linalg.yield %s : f32
  } -> tensor<6xf32>
  func.return %0, %2 : tensor<6xf32>, tensor<6xf32>
}

// -----

// Row reductions and what stands around them are one group; a copy nobody can fold is another.
// CHECK-LABEL: func.func @main
// CHECK:         %[[S:.*]] = npu.group @softmax_4x9 ins(%{{.*}} : tensor<4x9xf32>) {
// CHECK:           arith.maximumf
// CHECK:           arith.subf
// CHECK-NEXT:      math.exp
// CHECK:           npu.yield
// CHECK:         } ops ["aten.softmax"] : tensor<4x9xf32>
// CHECK:         npu.group @t_9x4 ins(%[[S]] : tensor<4x9xf32>) {
// CHECK:         } ops ["aten.t"] : tensor<9x4xf32>
func.func @main(%a: tensor<4x9xf32>) -> tensor<9x4xf32> {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4x9xf32>
  %r = tensor.empty() : tensor<4xf32>
  %init = linalg.fill ins(%low : f32) outs(%r : tensor<4xf32>) -> tensor<4xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<4x9xf32>) outs(%init : tensor<4xf32>) attrs = {npu.torch_op = "aten.softmax"} {
  ^bb0(%x: f32, %o: f32):
    %s = arith.maximumf %x, %o : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %sub = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%a, %max : tensor<4x9xf32>, tensor<4xf32>) outs(%e : tensor<4x9xf32>) attrs = {npu.torch_op = "aten.softmax"} {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %d = arith.subf %x, %y : f32
    %s = math.exp %d : f32
    linalg.yield %s : f32
  } -> tensor<4x9xf32>
  %t = tensor.empty() : tensor<9x4xf32>
  %tr = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%sub : tensor<4x9xf32>) outs(%t : tensor<9x4xf32>) attrs = {npu.torch_op = "aten.t"} {
  ^bb0(%x: f32, %o: f32):
    linalg.yield %x : f32
  } -> tensor<9x4xf32>
  func.return %tr : tensor<9x4xf32>
}

// -----

// The group that reads a reshaped value of another one stands behind it: no cycles.
// CHECK-LABEL: func.func @main
// CHECK:         %[[A:.*]] = npu.group @exp_3x4
// CHECK:         %[[C:.*]] = tensor.collapse_shape %[[A]]
// CHECK:         %[[B:.*]] = npu.group @sum_12 ins(%[[C]] : tensor<12xf32>)
// CHECK:         npu.group @mul_3x4 ins(%[[A]], %[[B]] : tensor<3x4xf32>, tensor<1xf32>)
func.func @main(%a: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<3x4xf32>) outs(%e : tensor<3x4xf32>) attrs = {npu.torch_op = "aten.exp"} {
  ^bb0(%x: f32, %o: f32):
    %s = math.exp %x : f32
    linalg.yield %s : f32
  } -> tensor<3x4xf32>
  %c = tensor.collapse_shape %0 [[0, 1]] : tensor<3x4xf32> into tensor<12xf32>
  %r = tensor.empty() : tensor<1xf32>
  %init = linalg.fill ins(%zero : f32) outs(%r : tensor<1xf32>) -> tensor<1xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%c : tensor<12xf32>) outs(%init : tensor<1xf32>) attrs = {npu.torch_op = "aten.sum"} {
  ^bb0(%x: f32, %o: f32):
    %s = arith.addf %x, %o : f32
    linalg.yield %s : f32
  } -> tensor<1xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%0, %sum : tensor<3x4xf32>, tensor<1xf32>) outs(%e : tensor<3x4xf32>) attrs = {npu.torch_op = "aten.mul"} {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %s = arith.mulf %x, %y : f32
    linalg.yield %s : f32
  } -> tensor<3x4xf32>
  func.return %1 : tensor<3x4xf32>
}
