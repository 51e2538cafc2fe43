// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8},npu-tile{machine=8x8}' | filecheck %s --check-prefix TILE
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' | filecheck %s --check-prefix GRAPH
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8 conv_strategy=row},npu-tile{machine=8x8}' | filecheck %s --check-prefix ROW

// An array of 8 rows holds 2 of the 3 taps of a kernel's row with 3 channels each: k is 6, then 3.
// Rows of the halo are read as they lie: windows of 2 (then 1) positions, 2 positions apart.
// TILE:      strategy = folded
// TILE:      %rows = npu.alloc {buffers = 1 : i64} : memref<1x1x3x11x3xf32, "spad">
// TILE:      %weights = npu.alloc {buffers = 1 : i64} : memref<1x3x3x3x6xf32, "spad">
// TILE:      scf.for %kk0 = %c0 to %c3 step %c1
// TILE-NEXT:   scf.for %kk1 = %c0 to %c3 step %c2
// TILE:          %positions = affine.apply {{.*}} (%tkk1)
// TILE:          npu.preload {{.*}} : memref<?x3x6xf32
// TILE:          memref.subview %rows[0, 0, %kk0, %kk1, 0] [1, 1, 1, %positions, 3] [1, 1, 1, 1, 1]
// TILE:          npu.matmul {{.*}} window_step 2 : i64 : memref<?x3xf32

// GRAPH:      tog.preload rows min(6, 9 - %kk1 * 3) cols 6 from %weights[%kk0, %kk1, 0, 0][1, min(2, 3 - %kk1), 3, 6]
// GRAPH-NEXT: tog.matmul rows 5 from %rows[0, %kk0, %kk1, 0][1, 1, min(10, 11 - %kk1), 3]

// One tap at a time.
// ROW:       strategy = row
// ROW-NOT:   window_step
func.func @main(%x: tensor<1x3x1x9xf32>, %w: tensor<6x3x3x3xf32>) -> tensor<1x6x1x5xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x3x1x9xf32> to tensor<1x3x3x11xf32>
  %e = tensor.empty() : tensor<1x6x1x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x6x1x5xf32>) -> tensor<1x6x1x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, o, h, w, i, y, x) -> (n, i, h * 2 + y, w * 2 + x)>, affine_map<(n, o, h, w, i, y, x) -> (o, i, y, x)>, affine_map<(n, o, h, w, i, y, x) -> (n, o, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%p, %w : tensor<1x3x3x11xf32>, tensor<6x3x3x3xf32>) outs(%z : tensor<1x6x1x5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x6x1x5xf32>
  func.return %r : tensor<1x6x1x5xf32>
}
