// RUN: npu-opt %s -p npu-group | filecheck %s --check-prefix GROUP
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8}' | filecheck %s --check-prefix MAP
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8},npu-tile{machine=8x8}' | filecheck %s --check-prefix TILE
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8},npu-tile{machine=8x8},npu-distribute,npu-insert-dma' | filecheck %s --check-prefix DMA
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' | filecheck %s --check-prefix TOG

// Gathers and scatters: a group, and kernels of transfers alone. The code is as long for any size.

func.func @main(%table: tensor<128256x4096xf32>, %ids: tensor<8192xi32>, %rows: tensor<20x4096xf32>, %few: tensor<20xi32>) -> (tensor<8192x4096xf32>, tensor<128256x4096xf32>) {
  // GROUP: npu.group @gather_8192x4096 ins(%table, %ids : tensor<128256x4096xf32>, tensor<8192xi32>) {
  // GROUP: npu.gather %{{.*}}[%{{.*}}] in 0
  // MAP: mapping <hold indices 1, par n 2, par j 4096, hold rows 3, run transfer>
  // MAP: mapping <hold indices 1, par j 4096, for n 2, hold rows 3, run transfer>

  // TILE: npu.kernel @gather_8192x4096(%table: memref<128256x4096xf32>, %indices: memref<8192xi32>, %out: memref<8192x4096xf32>)
  // TILE: npu.copy %indices[0] sizes [8192] to %{{.*}} : memref<8192xi32>
  // TILE: scf.for %n = %c0 to %c8192 step %c2 {
  // TILE: %[[I:.*]] = memref.subview %indices_spad[0, %n] [1, 2]
  // TILE: npu.copy %table[0, 0] sizes [2, 4096] to %[[R:.*]] indices(0 by %[[I]] :
  // TILE: npu.copy %[[R]] to %out[%n, 0] sizes [2, 4096]
  // TILE: } {npu.iteration = "parallel"}

  // A scatter is a copy and then a scatter, whose loop over rows is in order.
  // TILE: npu.kernel @copy_128256x4096_for_scatter_20x4096(
  // TILE: npu.kernel @scatter_20x4096(%rows: memref<20x4096xf32>, %indices: memref<20xi32>, %out: memref<128256x4096xf32>)
  // TILE: npu.copy %[[S:.*]] to %out[0, 0] sizes [2, 4096] {combine = "add"} indices(0 by
  // TILE: } {npu.iteration = "reduction"}

  // DMA: npu.dma_load %table[0, 0] sizes [2, 4096] to %{{.*}} indices(0 by %{{.*}})
  // DMA: npu.dma_store %{{.*}} to %out[0, 0] sizes [2, 4096] {combine = "add"} indices(0 by

  // TOG: tog.load %table at 0 walk [2 : 16384 at %indices[%n] of 128256, 4096 : 4] to %rows_spad slot({{.*}})[0, 0][2, 4096] by %indices_spad[%n][2]
  // TOG: tog.store %rows_spad slot({{.*}})[0, 0][2, 4096] to %out at 0 walk [2 : 16384 at %indices[%n] of 128256, 4096 : 4] by %indices_spad[%n][2] combining
  // TOG: tog.launch @scatter_20x4096({{.*}}) after (%copy_128256x4096_for_scatter_20x4096_run)
  %r = npu.gather %table[%ids] in 0 : tensor<128256x4096xf32>, tensor<8192xi32> -> tensor<8192x4096xf32>
  %s = npu.scatter %rows to %table[%few] in 0 {combine = "add"} : tensor<20x4096xf32> to tensor<128256x4096xf32>, tensor<20xi32> -> tensor<128256x4096xf32>
  func.return %r, %s : tensor<8192x4096xf32>, tensor<128256x4096xf32>
}
