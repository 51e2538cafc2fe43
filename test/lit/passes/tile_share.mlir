// RUN: npu-opt %s -p 'npu-tile{machine=8x8}' | filecheck %s
// RUN: npu-opt %s -p 'npu-tile{machine=8x8}' | npu-opt

// Groups that differ in names, operators and lines share the kernel of the first; one with another
// constant (-0.0 is not 0.0) or another mapping has its own, with a number behind the name.
// CHECK:     npu.kernel @relu_8(%in: memref<8xf32>, %out: memref<8xf32>)
// CHECK:       arith.constant 0.0
// CHECK:     npu.kernel @relu_8_1(
// CHECK:       arith.constant -0.0
// CHECK:     npu.kernel @relu_8_2(
// CHECK-NOT: npu.kernel
// CHECK:     func.func @main(%a: memref<8xf32>)
// CHECK:       npu.launch @relu_8(%a, %r0) ops ["aten.relu"] lines ["net.py:3"]
// CHECK:       npu.launch @relu_8(%r0, %r1) ops ["aten.clamp"] lines ["net.py:4"]
// CHECK:       npu.launch @relu_8_1(%r1, %r2) ops ["aten.relu"] lines ["net.py:5"]
// CHECK:       npu.launch @relu_8_2(%r2, %r3) ops ["aten.relu"] lines ["net.py:6"]
// CHECK:       npu.launch @relu_8(%r3, %r4) ops ["aten.relu"] lines ["net.py:7"]
func.func @main(%a: tensor<8xf32>) -> tensor<8xf32> {
  %r0 = npu.group @relu_8 ins(%a : tensor<8xf32>) {
  ^bb0(%x: tensor<8xf32>):
    %e = tensor.empty() : tensor<8xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) attrs = {npu.torch_op = "aten.relu"} {
    ^bb1(%p: f32, %o: f32):
      %c = arith.constant 0.0 : f32
      %s = arith.maximumf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<8xf32>
    npu.yield %y : tensor<8xf32>
  } ops ["aten.relu"] lines ["net.py:3"] mapping <par i 8, hold in 1, hold out 1, run vector> : tensor<8xf32>
  %r1 = npu.group @clamp_8 ins(%r0 : tensor<8xf32>) {
  ^bb0(%u: tensor<8xf32>):
    %e = tensor.empty() : tensor<8xf32>
    %v = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%u : tensor<8xf32>) outs(%e : tensor<8xf32>) attrs = {npu.torch_op = "aten.clamp"} {
    ^bb1(%p: f32, %o: f32):
      %c = arith.constant 0.0 : f32
      %s = arith.maximumf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<8xf32>
    npu.yield %v : tensor<8xf32>
  } ops ["aten.clamp"] lines ["net.py:4"] mapping <par i 8, hold in 1, hold out 1, run vector> : tensor<8xf32>
  %r2 = npu.group @relu_8 ins(%r1 : tensor<8xf32>) {
  ^bb0(%x: tensor<8xf32>):
    %e = tensor.empty() : tensor<8xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) attrs = {npu.torch_op = "aten.relu"} {
    ^bb1(%p: f32, %o: f32):
      %c = arith.constant -0.0 : f32
      %s = arith.maximumf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<8xf32>
    npu.yield %y : tensor<8xf32>
  } ops ["aten.relu"] lines ["net.py:5"] mapping <par i 8, hold in 1, hold out 1, run vector> : tensor<8xf32>
  %r3 = npu.group @relu_8 ins(%r2 : tensor<8xf32>) {
  ^bb0(%x: tensor<8xf32>):
    %e = tensor.empty() : tensor<8xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) attrs = {npu.torch_op = "aten.relu"} {
    ^bb1(%p: f32, %o: f32):
      %c = arith.constant 0.0 : f32
      %s = arith.maximumf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<8xf32>
    npu.yield %y : tensor<8xf32>
  } ops ["aten.relu"] lines ["net.py:6"] mapping <par i 4, hold in 2, hold out 2, run vector> : tensor<8xf32>
  %r4 = npu.group @relu_8 ins(%r3 : tensor<8xf32>) {
  ^bb0(%x: tensor<8xf32>):
    %e = tensor.empty() : tensor<8xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) attrs = {npu.torch_op = "aten.relu"} {
    ^bb1(%p: f32, %o: f32):
      %c = arith.constant 0.0 : f32
      %s = arith.maximumf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<8xf32>
    npu.yield %y : tensor<8xf32>
  } ops ["aten.relu"] lines ["net.py:7"] mapping <par i 8, hold in 1, hold out 1, run vector> : tensor<8xf32>
  func.return %r4 : tensor<8xf32>
}
