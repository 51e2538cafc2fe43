// RUN: npu-opt %s -p 'npu-pad-channels{lanes=8}' | filecheck %s
// RUN: npu-opt %s -p 'npu-pad-channels{lanes=3}' | filecheck %s --check-prefix=WHOLE
// RUN: npu-opt %s -p 'npu-pad-channels{lanes=8},npu-group,npu-map{machine=8x8}' | filecheck %s --check-prefix=KERNELS
// RUN: not npu-opt %s -p 'npu-pad-channels{lanes=0}' 2>&1 | filecheck %s --check-prefix=LANES
// LANES: error: npu-pad-channels: lanes is 0; expected a number of at least 1

// Input and weights are copied with zeros behind their channels; the border stays in front of the
// convolution; of its result the channels that there are are copied.
// CHECK:      tensor.pad %x low[0, 0, 0, 0] high[0, 5, 0, 0]
// CHECK:      } : tensor<2x3x9x9xf32> to tensor<2x8x9x9xf32>
// CHECK:      %[[X:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x8x9x9xf32>)
// CHECK:      %[[B:.*]] = tensor.pad %[[X]] low[0, 0, 1, 1] high[0, 0, 1, 1]
// CHECK:      } : tensor<2x8x9x9xf32> to tensor<2x8x11x11xf32>
// CHECK:      tensor.pad %w low[0, 0, 0, 0] high[3, 5, 0, 0]
// CHECK:      linalg.generic {{.*}} ins(%[[B]], %{{.*}} : tensor<2x8x11x11xf32>, tensor<8x8x3x3xf32>)
// CHECK:      linalg.generic {{.*}}(d0, (d1 + d4), d2, d3){{.*}} ins(%{{.*}} : tensor<2x8x9x9xf32>)
// CHECK:      tensor.collapse_shape %{{.*}} : tensor<2x5x9x9x1xf32> into tensor<2x5x9x9xf32>
// KERNELS:    npu.group @{{.*}} ins(%x
// KERNELS:    npu.group @{{.*}} ins(%w
// KERNELS:    npu.group @conv_2x9x9x3x3x8x8
// KERNELS:    npu.group
// Input channels that fill the lanes stay as they are, whatever the output ones are.
// WHOLE-NOT:  tensor.collapse_shape
// WHOLE-NOT:  high[0, {{[1-9]}}
func.func @main(%x: tensor<2x3x9x9xf32>, %w: tensor<5x3x3x3xf32>) -> tensor<2x5x9x9xf32> {
  %zero = arith.constant 0.0 : f32
  %border = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<2x3x9x9xf32> to tensor<2x3x11x11xf32>
  %e = tensor.empty() : tensor<2x5x9x9xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x9x9xf32>) -> tensor<2x5x9x9xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, o, y, x, c, u, v) -> (n, c, y + u, x + v)>, affine_map<(n, o, y, x, c, u, v) -> (o, c, u, v)>, affine_map<(n, o, y, x, c, u, v) -> (n, o, y, x)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%border, %w : tensor<2x3x11x11xf32>, tensor<5x3x3x3xf32>) outs(%z : tensor<2x5x9x9xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x5x9x9xf32>
  func.return %r : tensor<2x5x9x9xf32>
}
