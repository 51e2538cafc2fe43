// RUN: not npu-opt %s -p 'npu-tile{machine=8x8}' 2>&1 | filecheck %s

// Blocks are powers of two.
// CHECK: npu-tile: the mapping #npu.mapping<par i 1, par j 24, hold pairs 2, run network> of group 'sort_64' does not suit it; expected a sort alone, a row (i) at a time, in blocks (j) of a power of two of pairs, from 2 to half a row, and pairs held
func.func @main(%a: tensor<64x2xi32>) -> tensor<64x2xi32> {
  %g = npu.group @sort_64 ins(%a : tensor<64x2xi32>) {
  ^bb0(%x: tensor<64x2xi32>):
    %e = tensor.empty() : tensor<64x2xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%x : tensor<64x2xi32>) outs(%e : tensor<64x2xi32>) attrs = {npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<64x2xi32>
    npu.yield %r : tensor<64x2xi32>
  } ops [] mapping <par i 1, par j 24, hold pairs 2, run network> : tensor<64x2xi32>
  func.return %g : tensor<64x2xi32>
}
