// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8}' | filecheck %s --check-prefix MAP
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' | filecheck %s

// Elements one by one: the table, or a row of it, goes to the scratchpad, and vector code takes
// them out of it. Ends of the indices are taken by DMA, which traps.

func.func @main(%t: tensor<300xf32>, %i: tensor<5000xi32>, %u: tensor<6x70xi32>, %j: tensor<333xi32>, %k: tensor<3xi32>) -> (tensor<5000xf32>, tensor<6x333xi32>, tensor<3xf32>) {
  // MAP: mapping <hold indices 1, hold table 1, par n 4096, hold rows 2, run lookup>
  // MAP: mapping <hold indices 1, par i 1, hold table 2, par n 333, hold rows 2, run lookup>
  // Three elements are fewer requests than the table.
  // MAP: mapping <hold indices 1, par n 3, hold rows 3, run transfer>

  // CHECK: npu.kernel @gather_5000
  // CHECK: npu.dma_load %table[0] sizes [300] to %[[T:.*]] :
  // CHECK: npu.compute @gather_5000_c1 ins(%[[I:.*]] : memref<5000xi32
  // CHECK: npu.ends
  // CHECK: npu.dma_load %table[0] sizes [2] to %{{.*}} {from_end} indices(0 by %ends_spad_tile :
  // CHECK: npu.parallel (%n) = (0) to (5000) step (4096)
  // CHECK: npu.compute @gather_5000_c0
  // CHECK: npu.lookup %{{.*}}[%{{.*}}] to %{{.*}} {from_end}
  // CHECK: npu.dma_store
  // CHECK: tog.load %table at 0 walk [2 : 4 at %indices[0] of 300] to %probe_spad[0][2] by %ends_spad[0][2]
  %r = npu.gather %t[%i] in 0 {from_end} : tensor<300xf32>, tensor<5000xi32> -> tensor<5000xf32>
  %s = npu.gather %u[%j] in 1 : tensor<6x70xi32>, tensor<333xi32> -> tensor<6x333xi32>
  %v = npu.gather %t[%k] in 0 : tensor<300xf32>, tensor<3xi32> -> tensor<3xf32>
  func.return %r, %s, %v : tensor<5000xf32>, tensor<6x333xi32>, tensor<3xf32>
}
