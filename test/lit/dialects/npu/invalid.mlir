// RUN: npu-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// One rejected case for each numbered rule of the dialect.

// CHECK: A1: npu.alloc gives a memref<slots x shape, "spad"> of static shape, got memref<4x4xf32>
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<4x4xf32>
  npu.return
}

// -----

// CHECK: A1: npu.alloc gives a memref<slots x shape, "spad"> of static shape, got memref<4xf32, "spad">
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<4xf32, "spad">
  npu.return
}

// -----

// CHECK: A2: the scratchpad offset must be a non-negative multiple of 64 bytes, got 96
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc {offset = 96 : i64} : memref<1x4xf32, "spad">
  npu.return
}

// -----

// CHECK: P1: npu.parallel needs as many lower bounds, upper bounds and steps as induction variables, at least one; got 2 variables, 2, 1 and 2
npu.kernel @k(%x: memref<4x4xf32>) {
  npu.parallel (%i, %j) = (0, 0) to (4) step (1, 1) {
  }
  npu.return
}

// -----

// CHECK: P2: steps must be positive and bounds ascending
npu.kernel @k(%x: memref<4x4xf32>) {
  npu.parallel (%i) = (0) to (4) step (0) {
  }
  npu.return
}

// -----

// CHECK: P3: npu.parallel must stand directly in an npu.kernel
npu.kernel @k(%x: memref<4x4xf32>) {
  npu.parallel (%i) = (0) to (4) step (1) {
    npu.parallel (%j) = (0) to (4) step (1) {
    }
  }
  npu.return
}

// -----

// CHECK: D1: npu.dma_load moves between DRAM and the scratchpad
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %s to %x : memref<4x4xf32, strided<[4, 1]>, "spad"> to memref<4x4xf32>
  npu.return
}

// -----

// CHECK: D1: npu.dma_store moves between DRAM and the scratchpad
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_store %x to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D2: both sides need the same element type and the same rank, 1 to 4
npu.kernel @k(%x: memref<16xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x to %s : memref<16xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D2: both sides need the same element type and the same rank, 1 to 4
npu.kernel @k(%x: memref<4x4xi32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x to %s : memref<4x4xi32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D3: [0, 0] is not a permutation of 2 dimensions
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x to %s {permutation = array<i64: 0, 0>} : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D3: destination dimension 0 has 4 elements but walks source dimension 1 of 5
npu.kernel @k(%x: memref<4x5xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x to %s {permutation = array<i64: 1, 0>} : memref<4x5xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: W1: the weights must be a rank-2 scratchpad view
npu.kernel @k(%x: memref<4x4xf32>) {
  %w = npu.preload %x : memref<4x4xf32>
  npu.return
}

// -----

// CHECK: X1: the rows must be a rank-2 scratchpad view
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.matmul %x, %w into %s : memref<4x4xf32>, memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: X1: the accumulator must be a rank-2 scratchpad view
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.matmul %s, %w into %x : memref<4x4xf32, strided<[4, 1]>, "spad">, memref<4x4xf32>
  npu.return
}

// -----

// CHECK: X2: 4x4 rows times 4x4 weights do not give 4x3
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %r = memref.subview %s[0, 0] [4, 3] [1, 1] : memref<4x4xf32, strided<[4, 1]>, "spad"> to memref<4x3xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.matmul %s, %w into %r : memref<4x4xf32, strided<[4, 1]>, "spad">, memref<4x3xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: C1: npu.compute works on scratchpad views of rank >= 1
npu.kernel @k(%x: memref<4x4xf32>) {
  npu.compute "c" outs(%x : memref<4x4xf32>) {
  ^bb0(%y: memref<4x4xf32>):
    npu.yield
  }
  npu.return
}

// -----

// CHECK: C2: the block arguments must have the types of ins and outs one to one
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.compute "c" outs(%s : memref<4x4xf32, strided<[4, 1]>, "spad">) {
  ^bb0:
    npu.yield
  }
  npu.return
}

// -----

// CHECK: C3: the body must end in npu.yield
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.compute "c" outs(%s : memref<4x4xf32, strided<[4, 1]>, "spad">) {
  ^bb0(%y: memref<4x4xf32, strided<[4, 1]>, "spad">):
    npu.return
  }
  npu.return
}

// -----

// CHECK: C3: linalg.fill uses a value from outside; pass it as an operand
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %z = arith.constant 0.0 : f32
  npu.compute "c" outs(%s : memref<4x4xf32, strided<[4, 1]>, "spad">) {
  ^bb0(%y: memref<4x4xf32, strided<[4, 1]>, "spad">):
    linalg.fill ins(%z : f32) outs(%y : memref<4x4xf32, strided<[4, 1]>, "spad">)
    npu.yield
  }
  npu.return
}

// -----

// CHECK: G1: the block arguments must have the types of the operands one to one
func.func @main(%x: tensor<4xf32>) {
  %r = npu.group "g" ins(%x : tensor<4xf32>) {
  ^bb0(%y: tensor<5xf32>):
    npu.yield %y : tensor<5xf32>
  } ops [] : tensor<5xf32>
  func.return
}

// -----

// CHECK: G2: the body must end in npu.yield of values with the result types
func.func @main(%x: tensor<4xf32>) {
  %r = npu.group "g" ins(%x : tensor<4xf32>) {
  ^bb0(%y: tensor<4xf32>):
    npu.yield %y : tensor<4xf32>
  } ops [] : tensor<5xf32>
  func.return
}

// -----

// CHECK: K1: argument 0 must be a memref of static shape in DRAM (no memory space), got memref<4xf32, "spad">
npu.kernel @k(%x: memref<4xf32, "spad">) {
  npu.return
}

// -----

// CHECK: K1: argument 0 must be a memref of static shape in DRAM (no memory space), got memref<?xf32>
npu.kernel @k(%x: memref<?xf32>) {
  npu.return
}

// -----

// CHECK: K1: npu.kernel has no results; write to an output buffer
npu.kernel @k(%x: memref<4xf32>) -> index {
  npu.return
}

// -----

// CHECK: K2: the body must end in npu.return
npu.kernel @k(%x: memref<4xf32>) {
  npu.yield
}

// -----

// CHECK: K3: npu.kernel must stand at the top level of a module
func.func @main() {
  npu.kernel @k(%x: memref<4xf32>) {
    npu.return
  }
  func.return
}

// -----

// CHECK: L1: no npu.kernel is called
func.func @main(%x: memref<4xf32>) {
  npu.launch @k(%x) : (memref<4xf32>)
  func.return
}

// -----

// CHECK: L2: {{.*}} takes {{.*}}, got (memref<5xf32>)
npu.kernel @k(%x: memref<4xf32>) {
  npu.return
}
func.func @main(%x: memref<5xf32>) {
  npu.launch @k(%x) : (memref<5xf32>)
  func.return
}

// -----

// CHECK: M1: tile, subtile and order need one entry per iteration dimension, got 2, 1 and 2
npu.kernel @k() attributes {mapping = #npu.mapping<tile = [4, 4], subtile = [4], order = [0, 1], buffers = 2>} {
  npu.return
}

// -----

// CHECK: M2: every tile size must be at least 1, got [0, 4]
npu.kernel @k() attributes {mapping = #npu.mapping<tile = [0, 4], subtile = [4, 4], order = [0, 1], buffers = 2>} {
  npu.return
}

// -----

// CHECK: M3: every subtile must lie between 1 and its tile, got subtile [8, 4] for tile [4, 4]
npu.kernel @k() attributes {mapping = #npu.mapping<tile = [4, 4], subtile = [8, 4], order = [0, 1], buffers = 2>} {
  npu.return
}

// -----

// CHECK: M4: order must be a permutation of the dimensions, got [0, 0]
npu.kernel @k() attributes {mapping = #npu.mapping<tile = [4, 4], subtile = [4, 4], order = [0, 0], buffers = 2>} {
  npu.return
}

// -----

// CHECK: M5: buffers must be one number between 1 and 3
npu.kernel @k() attributes {mapping = #npu.mapping<tile = [4, 4], subtile = [4, 4], order = [0, 1], buffers = 4>} {
  npu.return
}
