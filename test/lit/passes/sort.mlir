// RUN: npu-opt %s -p npu-group | npu-opt | filecheck %s --check-prefix GROUP
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8}' | filecheck %s --check-prefix MAP
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8},npu-tile{machine=8x8}' | filecheck %s --check-prefix TILE
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' | filecheck %s --check-prefix TOG

// A row that does not fit is sorted in blocks, which are merged in launches of their own; a scan
// and a sort keep their marks.

func.func @main(%x: tensor<50000x2xi32>, %s: tensor<3x5xf32>) -> (tensor<65536x2xi32>, tensor<3x5xf32>) {
  // GROUP: linalg.generic {{.*}} attrs = {npu.sort} {
  // GROUP: linalg.generic {{.*}} attrs = {npu.scan} {
  // MAP: mapping <par i 1, par j 16384, hold pairs 2, run network>

  // TILE: npu.kernel @[[K:.*]](%in: memref<1x50000x2xi32>, %out: memref<1x65536x2xi32>)
  // TILE: scf.for %j = %c0 to %c65536 step %c32768 {
  // TILE: %[[J:.*]] = affine.apply affine_map<(d0) -> ((d0 + 16384))> (%j)
  // TILE: npu.copy %in[0, %j, 0] sizes [1, 16384, 2] to %[[R:.*]] {permutation = array<i64: 1, 2>, fill = 2147483647 : i32}
  // TILE: npu.compute @[[K]]_c0 outs(%[[R]]
  // TILE: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]} ins(%pairs {{.*}} outs(%pairs {{.*}} attrs = {npu.sort} {
  // TILE: arith.minsi
  // TILE: npu.copy %[[R]] to %out[0, %j, 0] sizes [1, 16384, 2]
  // TILE: npu.copy %in[0, %[[J]], 0] sizes [1, 16384, 2] to %[[F:.*]] {
  // TILE: npu.compute @[[K]]_c1 outs(%[[F]]
  // TILE: arith.maxsi

  // Runs of two blocks: one rises, the next one falls. First what is a block apart, in columns.
  // TILE: npu.kernel @[[K]]_merge0(%out: memref<2x1x2x16384x2xi32>)
  // TILE: scf.for %l = %c0 to %c16384 step %c8192 {
  // TILE: npu.copy %out[0, 0, 0, %l, 0] sizes [1, 1, 2, 8192, 2] to %[[C:.*]] {permutation = array<i64: 2, 3, 4>}
  // TILE: linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "reduction"]} ins(%pairs {{.*}} attrs = {npu.merge} {
  // TILE: arith.minsi
  // TILE: npu.copy %[[C]] to %out[0, 0, 0, %l, 0] sizes [1, 1, 2, 8192, 2]
  // TILE: npu.copy %out[1, 0, 0, %l, 0]
  // TILE: arith.maxsi
  // Then each block in itself.
  // TILE: npu.kernel @[[K]]_merge1(%out: memref<2x2x16384x1x2xi32>)
  // TILE: npu.copy %out[0, %j, 0, 0, 0] sizes [1, 1, 16384, 1, 2] to %{{.*}} {permutation = array<i64: 2, 4>}
  // The last runs are the row: they rise.
  // TILE: npu.kernel @[[K]]_merge2(%out: memref<1x1x4x16384x2xi32>)
  // TILE-NOT: arith.maxsi
  // TILE: npu.kernel @[[K]]_merge3(%out: memref<1x4x16384x1x2xi32>)
  // TILE: npu.launch @[[K]](%
  // TILE: npu.launch @[[K]]_merge0(
  // TILE: npu.launch @[[K]]_merge3(

  // TOG: tog.launch @[[K:.*]]_merge3(@{{.*}}) after (%[[K]]_merge2_run)
  %e = tensor.empty() : tensor<65536x2xi32>
  %p = tensor.pad %x low[0, 0] high[15536, 0] {
  ^bb0(%i: index, %j: index):
    %last = arith.constant 2147483647 : i32
    tensor.yield %last : i32
  } : tensor<50000x2xi32> to tensor<65536x2xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["reduction", "reduction"]} ins(%p : tensor<65536x2xi32>) outs(%e : tensor<65536x2xi32>) attrs = {npu.sort} {
  ^bb0(%in: i32, %out: i32):
    %m = arith.minsi %in, %out : i32
    linalg.yield %m : i32
  } -> tensor<65536x2xi32>
  %zero = arith.constant 0.0 : f32
  %f = tensor.empty() : tensor<3x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%f : tensor<3x5xf32>) -> tensor<3x5xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "reduction"]} ins(%s : tensor<3x5xf32>) outs(%z : tensor<3x5xf32>) attrs = {npu.scan} {
  ^bb0(%in: f32, %out: f32):
    %a = arith.addf %out, %in : f32
    linalg.yield %a : f32
  } -> tensor<3x5xf32>
  func.return %r, %t : tensor<65536x2xi32>, tensor<3x5xf32>
}
