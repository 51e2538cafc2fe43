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

// CHECK: P1: npu.parallel needs as many lower bounds, upper bounds and steps as induction variables of type index, at least one; got 2 variables, 2, 1 and 2
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

// CHECK: D1: npu.dma_load reads an argument of the kernel, got memref<4x4xf32, strided<[4, 1]>, "spad"> to memref<4x4xf32>
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %s to %x[0, 0] sizes [4, 4] : memref<4x4xf32, strided<[4, 1]>, "spad"> to memref<4x4xf32>
  npu.return
}

// -----

// CHECK: D1: npu.dma_store writes an argument of the kernel
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_store %x[0, 0] sizes [4, 4] to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D1: npu.copy has one box, `[offsets] sizes [...]`, behind its side in DRAM
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.copy %x to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D1: npu.copy has one box, `[offsets] sizes [...]`, behind its side in DRAM
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.copy %x[0, 0] sizes [4, 4] to %s[0, 0] sizes [4, 4] : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D1: npu.copy has one box, `[offsets] sizes [...]`, behind its side in DRAM
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.copy %x to %s[0, 0] sizes [4, 4] : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D1: npu.copy moves between an argument of the kernel and a scratchpad view, got memref<4x4xf32> to memref<4x4xf32>
npu.kernel @k(%x: memref<4x4xf32>, %y: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.copy %x to %y[0, 0] sizes [4, 4] : memref<4x4xf32> to memref<4x4xf32>
  npu.return
}

// -----

// CHECK: D1: npu.dma_load moves between an argument of the kernel and a scratchpad view, got memref<4x4xf32, strided<[8, 1]>>
npu.kernel @k(%x: memref<4x8xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %p = memref.subview %x[0, 0] [4, 4] [1, 1] : memref<4x8xf32> to memref<4x4xf32, strided<[8, 1]>>
  %t = npu.dma_load %p[0, 0] sizes [4, 4] to %s : memref<4x4xf32, strided<[8, 1]>> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D2: both sides need the same element type; got memref<4x4xi32>
npu.kernel @k(%x: memref<4x4xi32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 4] to %s : memref<4x4xi32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D2: a box in memref<4x4xf32> needs 2 offsets, sizes and steps; got 1, 2 and 2
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0] sizes [4, 4] to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D2: a box in memref<4x4xf32> needs 2 offsets, sizes and steps; got 2, 2 and 1
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 4] steps [2] to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D3: [0, 0] does not list different dimensions of memref<4x4xf32>
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 4] to %s {permutation = array<i64: 0, 0>} : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D3: [0, 2] does not list different dimensions of memref<4x4xf32>
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 4] to %s {permutation = array<i64: 0, 2>} : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D3: the view has 2 dimensions but walks 1 of the tensor: [0]
npu.kernel @k(%x: memref<16xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0] sizes [16] to %s : memref<16xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D3: view dimension 0 has 4 elements but walks tensor dimension 1 of 5
npu.kernel @k(%x: memref<4x5xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 5] to %s {permutation = array<i64: 1, 0>} : memref<4x5xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D3: no dimension of the view walks tensor dimension 1, so its size must be 1, got 2
npu.kernel @k(%x: memref<4x2x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0, 0] sizes [4, 2, 4] to %s {permutation = array<i64: 0, 2>} : memref<4x2x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D4: fill is for a load, of type f32; got 0 : i32
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[-1, 0] sizes [4, 4] to %s {fill = 0 : i32} : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D4: fill is for a load, of type f32; got 0.000000e+00 : f32
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_store %s to %x[-1, 0] sizes [4, 4] {fill = 0.0 : f32} : memref<4x4xf32, strided<[4, 1]>, "spad"> to memref<4x4xf32>
  npu.return
}

// -----

// CHECK: D4: bounds is for a store; a load says what is outside by fill
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[-1, 0] sizes [4, 4] to %s {bounds} : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D4: a store with a step of 0 writes one element several times; got it in dimension 1
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_store %s to %x[0, 0] sizes [4, 4] steps [1, 0] : memref<4x4xf32, strided<[4, 1]>, "spad"> to memref<4x4xf32>
  npu.return
}

// -----

// CHECK: D5: the box leaves dimension 0 of 4: it has elements -1 to 2; give a fill
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[-1, 0] sizes [4, 4] to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D5: the box leaves dimension 1 of 4: it has elements 0 to 6; give bounds
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_store %s to %x[0, 0] sizes [4, 4] steps [1, 2] : memref<4x4xf32, strided<[4, 1]>, "spad"> to memref<4x4xf32>
  npu.return
}

// -----

// CHECK: D5: the box leaves dimension 0 of 4: it has elements -3 to 0; give a fill
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 4] steps [-1, 1] to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D5: the box leaves dimension 1 of 4: it has 7 elements from one to the last; give a fill
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %i = arith.constant 0 : index
  %t = npu.dma_load %x[0, %i] sizes [4, 4] steps [1, 2] to %s : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D5: the box leaves dimension 0 of 2: it has elements 2 to 2; no dimension of the view walks it
npu.kernel @k(%x: memref<2x4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[2, 0, 0] sizes [1, 4, 4] to %s {permutation = array<i64: 1, 2>, fill = 0.0 : f32} : memref<2x4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D6: the view of a transfer has 1 to 4 dimensions, got 5
npu.kernel @k(%x: memref<2x2x2x2x2xf32>) {
  %b = npu.alloc : memref<2x2x2x2x2xf32, "spad">
  %t = npu.dma_load %x[0, 0, 0, 0, 0] sizes [2, 2, 2, 2, 2] to %b : memref<2x2x2x2x2xf32> to memref<2x2x2x2x2xf32, "spad">
  npu.return
}

// -----

// CHECK: D7: subtile needs 2 sizes of at least 1, one for each dimension of the view; got [2]
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.copy %x[0, 0] sizes [4, 4] to %s {subtile = array<i64: 2>} : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D7: subtile needs 2 sizes of at least 1, one for each dimension of the view; got [2, 0]
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.copy %x[0, 0] sizes [4, 4] to %s {subtile = array<i64: 2, 0>} : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: W1: the weights must be a rank-2 to 3 scratchpad view
npu.kernel @k(%x: memref<4x4xf32>) {
  %w = npu.preload %x : memref<4x4xf32>
  npu.return
}

// -----

// CHECK: X1: the rows must be a rank-2 to 4 scratchpad view
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.matmul %x, %w into %s : memref<4x4xf32>, memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: X1: the accumulator must be a rank-2 to 4 scratchpad view
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

// CHECK: W1: the weights must have elements of f32 or bf16 or f16
npu.kernel @k() {
  %b = npu.alloc : memref<1x4x4xi32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xi32, "spad"> to memref<4x4xi32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xi32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: X1: the accumulator must have elements of f32
npu.kernel @k() {
  %b = npu.alloc : memref<1x4x4xbf16, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xbf16, "spad"> to memref<4x4xbf16, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xbf16, strided<[4, 1]>, "spad">
  npu.matmul %s, %w into %s : memref<4x4xbf16, strided<[4, 1]>, "spad">, memref<4x4xbf16, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: X4: rows and weights have elements of one type, got f32 and f16
npu.kernel @k() {
  %b = npu.alloc : memref<1x4x4xf16, "spad">
  %c = npu.alloc : memref<1x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf16, "spad"> to memref<4x4xf16, strided<[4, 1]>, "spad">
  %r = memref.subview %c[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xf16, strided<[4, 1]>, "spad">
  npu.matmul %r, %w into %r : memref<4x4xf32, strided<[4, 1]>, "spad">, memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: C1: npu.compute works on scratchpad views of rank >= 1
npu.kernel @k(%x: memref<4x4xf32>) {
  npu.compute @c outs(%x : memref<4x4xf32>) {
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
  npu.compute @c outs(%s : memref<4x4xf32, strided<[4, 1]>, "spad">) {
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
  npu.compute @c outs(%s : memref<4x4xf32, strided<[4, 1]>, "spad">) {
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
  npu.compute @c outs(%s : memref<4x4xf32, strided<[4, 1]>, "spad">) {
  ^bb0(%y: memref<4x4xf32, strided<[4, 1]>, "spad">):
    linalg.fill ins(%z : f32) outs(%y : memref<4x4xf32, strided<[4, 1]>, "spad">)
    npu.yield
  }
  npu.return
}

// -----

// CHECK: G1: the block arguments must have the types of the operands one to one
func.func @main(%x: tensor<4xf32>) {
  %r = npu.group @g ins(%x : tensor<4xf32>) {
  ^bb0(%y: tensor<5xf32>):
    npu.yield %y : tensor<5xf32>
  } ops [] : tensor<5xf32>
  func.return
}

// -----

// CHECK: G2: the body must end in npu.yield of values with the result types
func.func @main(%x: tensor<4xf32>) {
  %r = npu.group @g ins(%x : tensor<4xf32>) {
  ^bb0(%y: tensor<4xf32>):
    npu.yield %y : tensor<4xf32>
  } ops [] : tensor<5xf32>
  func.return
}

// -----

// CHECK: G3: "g" has no body; expected an earlier group of that name with one
func.func @main(%x: tensor<4xf32>) {
  %r = npu.group @g ins(%x : tensor<4xf32>) ops [] : tensor<4xf32>
  %a = npu.group @g ins(%x : tensor<4xf32>) {
  ^bb0(%y: tensor<4xf32>):
    npu.yield %y : tensor<4xf32>
  } ops [] : tensor<4xf32>
  func.return
}

// -----

// CHECK: G3: a group without a body has the mapping of the group that it repeats, and none of its own
func.func @main(%x: tensor<4xf32>) {
  %a = npu.group @g ins(%x : tensor<4xf32>) {
  ^bb0(%y: tensor<4xf32>):
    npu.yield %y : tensor<4xf32>
  } ops [] : tensor<4xf32>
  %r = npu.group @g ins(%x : tensor<4xf32>) ops [] mapping <par i 4, hold in 1, run vector> : tensor<4xf32>
  func.return
}

// -----

// CHECK: G1: the block arguments must have the types of the operands one to one
func.func @main(%x: tensor<4xf32>) {
  %a = npu.group @g ins(%x : tensor<4xf32>) {
  ^bb0(%y: tensor<4xf32>):
    npu.yield %y : tensor<4xf32>
  } ops [] : tensor<4xf32>
  %r = npu.group @g ins(%x, %x : tensor<4xf32>, tensor<4xf32>) ops [] : tensor<4xf32>
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

// CHECK: M1: 'par m 0': expected a tile of at least 1
npu.kernel @k() attributes {mapping = #npu.mapping<par m 0, run vector>} {
  npu.return
}

// -----

// CHECK: M2: 'for k 4 by 8': expected pieces between 1 and the tile
npu.kernel @k() attributes {mapping = #npu.mapping<par m 4, [for k 4 by 8, run arrays]>} {
  npu.return
}

// -----

// CHECK: M3: 'par m 4' stands inside another loop over 'm'; expected one
npu.kernel @k() attributes {mapping = #npu.mapping<par m 8, [par m 4, run arrays]>} {
  npu.return
}

// -----

// CHECK: M4: 'hold rows 4': expected 1 to 3 buffers
npu.kernel @k() attributes {mapping = #npu.mapping<par m 4, hold rows 4, run arrays>} {
  npu.return
}

// -----

// CHECK: M5: 'hold rows 1' is the second one of 'rows'; expected one
npu.kernel @k() attributes {mapping = #npu.mapping<hold rows 2, par m 4, hold rows 1, run arrays>} {
  npu.return
}

// -----

// CHECK: 'loop' begins no entry; expected par, for, hold, run or [
npu.kernel @k() attributes {mapping = #npu.mapping<loop m 4>} {
  npu.return
}

// -----

// CHECK: A3: buffers must be 1 to 3 of a buffer of one slot, got 2 of one of 2
npu.kernel @k() {
  %a = npu.alloc {buffers = 2 : i64} : memref<2x4xf32, "spad">
  npu.return
}

// -----

// CHECK: A3: buffers must be 1 to 3 of a buffer of one slot, got 4 of one of 1
npu.kernel @k() {
  %a = npu.alloc {buffers = 4 : i64} : memref<1x4xf32, "spad">
  npu.return
}

// -----

// CHECK: X1: the rows and the accumulator have the same rank, got 3 and 2
npu.kernel @k() {
  %b = npu.alloc : memref<1x4x4x4xf32, "spad">
  %r = memref.subview %b[0, 0, 0, 0] [1, 4, 4, 4] [1, 1, 1, 1] : memref<1x4x4x4xf32, "spad"> to memref<4x4x4xf32, strided<[16, 4, 1]>, "spad">
  %s = memref.subview %b[0, 0, 0, 0] [1, 1, 4, 4] [1, 1, 1, 1] : memref<1x4x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.matmul %r, %w into %s : memref<4x4x4xf32, strided<[16, 4, 1]>, "spad">, memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: W2: taps and channels lie behind one another
npu.kernel @k() {
  %b = npu.alloc : memref<1x4x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0, 0] [1, 2, 3, 4] [1, 1, 1, 1] : memref<1x4x4x4xf32, "spad"> to memref<2x3x4xf32, strided<[16, 4, 1]>, "spad">
  %w = npu.preload %s : memref<2x3x4xf32, strided<[16, 4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: X3: rows are windows where the weights have taps and window_step is at least 1, got 2 dimensions of k and window_step 0
npu.kernel @k() {
  %b = npu.alloc : memref<1x2x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0, 0] [1, 2, 4, 4] [1, 1, 1, 1] : memref<1x2x4x4xf32, "spad"> to memref<2x4x4xf32, strided<[16, 4, 1]>, "spad">
  %r = memref.subview %b[0, 0, 0, 0] [1, 1, 4, 4] [1, 1, 1, 1] : memref<1x2x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %s : memref<2x4x4xf32, strided<[16, 4, 1]>, "spad">
  npu.matmul %r, %w into %r : memref<4x4xf32, strided<[4, 1]>, "spad">, memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: X3: rows are windows where the weights have taps and window_step is at least 1, got 1 dimensions of k and window_step 2
npu.kernel @k() {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %r = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %w = npu.preload %r : memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.matmul %r, %w into %r window_step 2 : i64 : memref<4x4xf32, strided<[4, 1]>, "spad">, memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: X3: positions and channels lie behind one another
npu.kernel @k() {
  %b = npu.alloc : memref<1x4x4x4xf32, "spad">
  %s = memref.subview %b[0, 0, 0, 0] [1, 2, 4, 4] [1, 1, 1, 1] : memref<1x4x4x4xf32, "spad"> to memref<2x4x4xf32, strided<[16, 4, 1]>, "spad">
  %r = memref.subview %b[0, 0, 0, 0] [1, 4, 1, 4] [1, 1, 1, 1] : memref<1x4x4x4xf32, "spad"> to memref<4x4xf32, strided<[16, 1]>, "spad">
  %w = npu.preload %s : memref<2x4x4xf32, strided<[16, 4, 1]>, "spad">
  npu.matmul %r, %w into %r window_step 1 : i64 : memref<4x4xf32, strided<[16, 1]>, "spad">, memref<4x4xf32, strided<[16, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D8: indices are a scratchpad view of one dimension of i32, one behind the other; got memref<4xf32, strided<[1]>, "spad">
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %v = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %i = memref.subview %b[0, 0, 0] [1, 1, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4xf32, strided<[1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 4] to %v indices(0 by %i : memref<4xf32, strided<[1]>, "spad">) : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D8: 3 indices for 4 elements; expected as many
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x4x4xf32, "spad">
  %n = npu.alloc : memref<1x3xi32, "spad">
  %v = memref.subview %b[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to memref<4x4xf32, strided<[4, 1]>, "spad">
  %i = memref.subview %n[0, 0] [1, 3] [1, 1] : memref<1x3xi32, "spad"> to memref<3xi32, strided<[1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [4, 4] to %v indices(0 by %i : memref<3xi32, strided<[1]>, "spad">) : memref<4x4xf32> to memref<4x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D8: in dimension 0, where indices say what is moved, the box has offset 0 and step 1
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x2x4xf32, "spad">
  %n = npu.alloc : memref<1x2xi32, "spad">
  %v = memref.subview %b[0, 0, 0] [1, 2, 4] [1, 1, 1] : memref<1x2x4xf32, "spad"> to memref<2x4xf32, strided<[4, 1]>, "spad">
  %i = memref.subview %n[0, 0] [1, 2] [1, 1] : memref<1x2xi32, "spad"> to memref<2xi32, strided<[1]>, "spad">
  %t = npu.dma_load %x[1, 0] sizes [2, 4] to %v indices(0 by %i : memref<2xi32, strided<[1]>, "spad">) : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D8: indices are of dimension 2; expected one of memref<4x4xf32> that the view walks
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x2x4xf32, "spad">
  %n = npu.alloc : memref<1x2xi32, "spad">
  %v = memref.subview %b[0, 0, 0] [1, 2, 4] [1, 1, 1] : memref<1x2x4xf32, "spad"> to memref<2x4xf32, strided<[4, 1]>, "spad">
  %i = memref.subview %n[0, 0] [1, 2] [1, 1] : memref<1x2xi32, "spad"> to memref<2xi32, strided<[1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [2, 4] to %v indices(2 by %i : memref<2xi32, strided<[1]>, "spad">) : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D8: combine is for a store of f32 or i32, and one of add, mul, max, min; got 'add' for f32
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x2x4xf32, "spad">
  %n = npu.alloc : memref<1x2xi32, "spad">
  %v = memref.subview %b[0, 0, 0] [1, 2, 4] [1, 1, 1] : memref<1x2x4xf32, "spad"> to memref<2x4xf32, strided<[4, 1]>, "spad">
  %i = memref.subview %n[0, 0] [1, 2] [1, 1] : memref<1x2xi32, "spad"> to memref<2xi32, strided<[1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [2, 4] to %v {combine = "add"} indices(0 by %i : memref<2xi32, strided<[1]>, "spad">) : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: D8: indexed, from_end and combine are for a transfer with indices(dim by %view)
npu.kernel @k(%x: memref<4x4xf32>) {
  %b = npu.alloc : memref<1x2x4xf32, "spad">
  %v = memref.subview %b[0, 0, 0] [1, 2, 4] [1, 1, 1] : memref<1x2x4xf32, "spad"> to memref<2x4xf32, strided<[4, 1]>, "spad">
  %t = npu.dma_load %x[0, 0] sizes [2, 4] to %v {from_end} : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1]>, "spad">
  npu.return
}

// -----

// CHECK: I1: the indices of npu.gather are a tensor of one dimension of i32; got tensor<17xf32>
func.func @f(%t: tensor<300x64xf32>, %i: tensor<17xf32>) -> tensor<17x64xf32> {
  %r = npu.gather %t[%i] in 0 : tensor<300x64xf32>, tensor<17xf32> -> tensor<17x64xf32>
  func.return %r : tensor<17x64xf32>
}

// -----

// CHECK: I2: npu.gather moves between tensor<300x64xf32>, of 1 to 4 dimensions, and a tensor that has as many elements as there are indices in dimension 1; got tensor<17x64xf32>
func.func @f(%t: tensor<300x64xf32>, %i: tensor<17xi32>) -> tensor<17x64xf32> {
  %r = npu.gather %t[%i] in 1 : tensor<300x64xf32>, tensor<17xi32> -> tensor<17x64xf32>
  func.return %r : tensor<17x64xf32>
}

// -----

// CHECK: I3: the result is a tensor<300xi1>, and combine one of add, mul, max, min, of f32 or i32; got tensor<300xi1> and "add"
func.func @f(%t: tensor<300xi1>, %i: tensor<17xi32>, %u: tensor<17xi1>) -> tensor<300xi1> {
  %r = npu.scatter %u to %t[%i] in 0 {combine = "add"} : tensor<17xi1> to tensor<300xi1>, tensor<17xi32> -> tensor<300xi1>
  func.return %r : tensor<300xi1>
}

// -----

// CHECK: C4: npu.ends takes views of one dimension, one element behind the other; got memref<4x4xi32, "spad">, memref<2xi32, "spad">
func.func @f(%i: memref<4x4xi32, "spad">, %e: memref<2xi32, "spad">) {
  npu.ends %i to %e : memref<4x4xi32, "spad"> to memref<2xi32, "spad">
  func.return
}

// -----

// CHECK: C5: npu.lookup takes elements of a table of static extent of f32 or i32, as many as there are indices of i32; got memref<4xf32, "spad">, memref<5xi32, "spad"> and memref<6xf32, "spad">
func.func @f(%t: memref<4xf32, "spad">, %i: memref<5xi32, "spad">, %o: memref<6xf32, "spad">) {
  npu.lookup %t[%i] to %o : memref<4xf32, "spad">, memref<5xi32, "spad"> to memref<6xf32, "spad">
  func.return
}

// -----

// CHECK: C6: npu.ends takes indices of i32 and leaves two; got memref<4xi32, "spad"> and memref<3xi32, "spad">
func.func @f(%i: memref<4xi32, "spad">, %e: memref<3xi32, "spad">) {
  npu.ends %i to %e : memref<4xi32, "spad"> to memref<3xi32, "spad">
  func.return
}
