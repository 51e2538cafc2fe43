// RUN: npu-opt %s -p npu-group | filecheck %s
// RUN: npu-opt %s -p npu-group | npu-opt
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8},npu-tile{machine=8x8}' | filecheck %s --check-prefix=TILED

// Equal work has one body: the relu of %r1 and that of %r3 differ in operator and line only. That
// of %r2 has another constant, so a body and a name of its own.
// CHECK:       func.func @main
// CHECK-NEXT:    %r1 = npu.group @relu_8 ins(%a : tensor<8xf32>) {
// CHECK:           arith.maximumf
// CHECK:         } ops ["aten.relu"] lines ["net.py:3"] : tensor<8xf32>
// CHECK-NEXT:    %r2 = npu.group @relu_8_1 ins(%b : tensor<8xf32>) {
// CHECK:         } ops ["aten.relu"] lines ["net.py:4"] : tensor<8xf32>
// CHECK-NEXT:    %r3 = npu.group @relu_8 ins(%c : tensor<8xf32>) ops ["aten.clamp"] lines ["net.py:5"] : tensor<8xf32>
// CHECK-NEXT:    func.return %r1, %r2, %r3

// TILED-COUNT-2: npu.kernel
// TILED:         npu.launch @relu_8(%a, %r1) ops ["aten.relu"] lines ["net.py:3"]
// TILED:         npu.launch @relu_8_1(%b, %r2) ops ["aten.relu"] lines ["net.py:4"]
// TILED:         npu.launch @relu_8(%c, %r3) ops ["aten.clamp"] lines ["net.py:5"]
func.func @main(%a: tensor<8xf32>, %b: tensor<8xf32>, %c: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %e1 = tensor.empty() : tensor<8xf32>
  %r1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%a : tensor<8xf32>) outs(%e1 : tensor<8xf32>) attrs = {npu.torch_op = "aten.relu", npu.torch_line = "net.py:3"} {
  ^bb1(%p: f32, %o: f32):
    %z = arith.constant 0.0 : f32
    %s = arith.maximumf %p, %z : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %e2 = tensor.empty() : tensor<8xf32>
  %r2 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%b : tensor<8xf32>) outs(%e2 : tensor<8xf32>) attrs = {npu.torch_op = "aten.relu", npu.torch_line = "net.py:4"} {
  ^bb1(%p: f32, %o: f32):
    %z = arith.constant -0.0 : f32
    %s = arith.maximumf %p, %z : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %e3 = tensor.empty() : tensor<8xf32>
  %r3 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%c : tensor<8xf32>) outs(%e3 : tensor<8xf32>) attrs = {npu.torch_op = "aten.clamp", npu.torch_line = "net.py:5"} {
  ^bb1(%p: f32, %o: f32):
    %z = arith.constant 0.0 : f32
    %s = arith.maximumf %p, %z : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  func.return %r1, %r2, %r3 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
