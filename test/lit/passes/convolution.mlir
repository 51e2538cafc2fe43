// RUN: npu-opt %s -p 'npu-group,npu-map{machine=tpuv3 conv_strategy=taps}' | filecheck %s --check-prefix GROUP
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=tpuv3 conv_strategy=taps},npu-tile{machine=tpuv3}' | filecheck %s --check-prefix TILE
// RUN: npu-opt %s -p 'npu-compile{machine=tpuv3 conv_strategy=taps}' | filecheck %s --check-prefix GRAPH

// A convolution is a contraction whose rows are read through windows; its padding stays in front of
// it, and says what a load fills in. What follows element by element is its epilogue.
// GROUP:      npu.group @conv_5x5x3x3x5x6 ins(%x, %w : tensor<1x5x9x9xf32>, tensor<6x5x3x3xf32>)
// GROUP:        tensor.pad
// GROUP:        arith.addf
// GROUP:        arith.maximumf
// GROUP:      mapping <hold rows 1, hold weights 1, hold acc 1, par m0 1, par n 6, par m1 5, par m2 5, [for k0 3, for k1 3, for k2 5, run arrays], run vector
// GROUP-SAME: strategy = taps

// Rows lie in the scratchpad once, channels innermost, with the border of padding; each tap is a
// view of them with the stride as its step. No copy of the windows exists.
// TILE:       %rows = npu.alloc {buffers = 1 : i64} : memref<1x1x11x11x5xf32, "spad">
// TILE:       npu.copy %input[0, 0, -1, -1] sizes [1, 5, 11, 11] to %rows_tile {permutation = array<i64: 2, 3, 1>, fill = 0.000000e+00 : f32
// TILE:       npu.copy %weight[0, 0, 0, 0] sizes [6, 5, 3, 3] to %weights_tile {permutation = array<i64: 2, 3, 1, 0>
// TILE:       scf.for %kk0 = %c0 to %c3 step %c1
// TILE-NEXT:    scf.for %kk1 = %c0 to %c3 step %c1
// TILE:           npu.preload
// TILE-NEXT:      memref.subview %rows[0, 0, %kk0, %kk1, 0] [1, 1, 5, 5, 5] [1, 1, 2, 2, 1] : {{.*}} to memref<5x5x5xf32, strided<[110, 10, 1], offset: ?>, "spad">
// TILE:           npu.matmul {{.*}} accumulate(
// TILE:       npu.compute @conv_5x5x3x3x5x6_c0

// The graph is as rolled as the loops, whatever the size of the image.
// GRAPH:      tog.load %input at -40 walk [5 : 324, 11 : 36 from -1 of 9, 11 : 4 from -1 of 9] to %rows
// GRAPH:      tog.loop %kk0 = 0 to 3 step 1
// GRAPH-NEXT:   tog.loop %kk1 = 0 to 3 step 1
// GRAPH-NEXT:     tog.preload rows 5 cols 6 from %weights[%kk0, %kk1, 0, 0][1, 1, 5, 6]
// GRAPH-NEXT:     tog.matmul rows {{.*}} from %rows[0, %kk0, %kk1, 0][1, 9, 9, 5] into %acc
func.func @main(%x: tensor<1x5x9x9xf32>, %w: tensor<6x5x3x3xf32>) -> tensor<1x6x5x5xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x5x9x9xf32> to tensor<1x5x11x11xf32>
  %e = tensor.empty() : tensor<1x6x5x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x6x5x5xf32>) -> tensor<1x6x5x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, o, h, w, i, y, x) -> (n, i, h * 2 + y, w * 2 + x)>, affine_map<(n, o, h, w, i, y, x) -> (o, i, y, x)>, affine_map<(n, o, h, w, i, y, x) -> (n, o, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%p, %w : tensor<1x5x11x11xf32>, tensor<6x5x3x3xf32>) outs(%z : tensor<1x6x5x5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x6x5x5xf32>
  %relu = linalg.generic {indexing_maps = [affine_map<(n, o, h, w) -> (n, o, h, w)>, affine_map<(n, o, h, w) -> (n, o, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%r : tensor<1x6x5x5xf32>) outs(%e : tensor<1x6x5x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x6x5x5xf32>
  func.return %relu : tensor<1x6x5x5xf32>
}
