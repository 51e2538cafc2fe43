// RUN: npu-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: TG1: argument 0 must be a memref of static shape in DRAM (no memory space), got memref<4xf32, "spad">
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32, "spad">) {
  }
}

// -----

// CHECK: TG1: tog.graph has no results
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) -> index {
  }
}

// -----

// CHECK: TG2: arith.constant is no operation of a tile-operation graph
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %c = arith.constant 0 : index
  }
}

// -----

// CHECK: TG2: tog.parallel must be the last operation of its tog.graph
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    tog.parallel (%i) = (0) to (4) step (1) {
    }
    tog.loop %j = 0 to 4 step 1 {
    }
  }
}

// -----

// CHECK: TG3: tog.graph must stand in a module with the attribute tog.version
builtin.module {
  tog.graph @g(%x: memref<4xf32>) {
  }
}

// -----

// CHECK: TB1: tog.buffer gives a memref<slots x shape, "spad"> of static shape, got memref<4xf32>
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    %b = tog.buffer at 0 : memref<4xf32>
  }
}

// -----

// CHECK: TB2: the scratchpad offset must not be negative, got -4
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    %b = tog.buffer at -4 : memref<1x4xf32, "spad">
  }
}

// -----

// CHECK: TF1: the cases must differ and have the same number of sizes, got [(4,), (4, 5)]
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.function @f cases [(4), (4, 5)]
  }
}

// -----

// CHECK: TF1: a size is negative in [(-4,)]
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.function @f cases [(-4)]
  }
}

// -----

// CHECK: TF2: either no case has cycles or all have
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.function @f cases [(4) = 8, (5)]
  }
}

// -----

// CHECK: TF2: expected 1 cycles, each at least 1, got [0]
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.function @f cases [(4) = 0]
  }
}

// -----

// CHECK: TL1: tog.loop has one induction variable of type index
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    "tog.loop"() <{lower = 0 : i64, upper = 4 : i64, step = 1 : i64}> ({
    ^bb0(%i: index, %j: index):
    }) : () -> ()
  }
}

// -----

// CHECK: TL2: the step must be positive, got 0
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.loop %i = 0 to 4 step 0 {
    }
  }
}

// -----

// CHECK: TP1: tog.parallel needs as many lower bounds, upper bounds and steps as induction variables of type index, at least one; got 1 variables, 1, 2 and 1
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.parallel (%i) = (0) to (4, 5) step (1) {
    }
  }
}

// -----

// CHECK: TP2: steps must be positive, got [(0, 4, -1)]
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.parallel (%i) = (0) to (4) step (-1) {
    }
  }
}

// -----

// CHECK: TP3: tog.parallel must stand directly in a tog.graph
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    tog.loop %j = 0 to 4 step 1 {
      tog.parallel (%i) = (0) to (4) step (1) {
      }
    }
  }
}

// -----

// CHECK: TD1: tog.load moves between an argument of the graph and a buffer of the same element type, got memref<4xf32> and memref<1x4xf16, "spad">
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf16, "spad">
    %t = tog.load %x at 0 walk [4 : 4] to %b[0][4]
  }
}

// -----

// CHECK: TD2: a transfer has 1 to 4 dimensions, each with a size, a stride and, if there are any, bounds; got 5 sizes, 5 strides and 0 bounds
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 0 walk [1 : 4, 1 : 4, 1 : 4, 1 : 4, 4 : 4] to %b[0][4]
  }
}

// -----

// CHECK: TD3: a transfer moves as many elements as its rectangle holds; got 16 (16) and 8 (8)
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<64xf32>) {
    %b = tog.buffer at 0 : memref<1x64xf32, "spad">
    %t = tog.load %x at 0 walk [16 : 4] to %b[0][8]
  }
}

// -----

// CHECK: TD3: a transfer moves as many elements as its rectangle holds; got 8 (2 x 4) and 6 (3 x 2) with the loops at 4
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<64xf32>) {
    %b = tog.buffer at 0 : memref<1x4x4xf32, "spad">
    tog.loop %i = 4 to 8 step 4 {
      %t = tog.store %b[0, 0][min(4, 7 - %i), 2] to %x at %i * 4 walk [2 : 16, min(%i, 4) : 4]
    }
  }
}

// -----

// The last iteration alone: min(4, 7 - %i) is 3 there.
// CHECK: TD3: a transfer moves as many elements as its rectangle holds; got 4 (4) and 3 (3) with the loops at 4
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<64xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.parallel (%i) = (0) to (7) step (4) {
      %t = tog.load %x at %i * 4 walk [4 : 4] to %b[0][min(4, 7 - %i)]
    }
  }
}

// -----

// CHECK: TD4: a dimension of a walk has an element in at least one iteration; got () -> (0) : 4
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 0 walk [0 : 4] to %b[0][0]
  }
}

// -----

// CHECK: TD4: a dimension of a walk has an element in at least one iteration; got () -> (-4) : 4
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.store %b[0][-4] to %x at 0 walk [-4 : 4]
  }
}

// -----

// CHECK: TD4: a dimension of a walk has an element in at least one iteration; got (d0) -> (4, d0) : 4
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.loop %i = -8 to 1 step 4 {
      %t = tog.load %x at 0 walk [min(4, %i) : 4] to %b[0][min(4, %i)]
    }
  }
}

// -----

// Backwards from element 2 on there are three.
// CHECK: TD5: a walk stays within its tensor, memref<4xf32> of 16 bytes, where its bounds leave it; got bytes -4 to 12
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 8 walk [4 : -4] to %b[0][4]
  }
}

// -----

// Bounds of another tensor: they leave element 4.
// CHECK: TD5: a walk stays within its tensor, memref<4xf32> of 16 bytes, where its bounds leave it; got bytes 0 to 20
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x8xf32, "spad">
    %t = tog.load %x at -4 walk [8 : 4 from -1 of 5] to %b[0][8]
  }
}

// -----

// Of elements that do not exist there is a place in the rectangle.
// CHECK: TD3: a transfer moves as many elements as its rectangle holds; got 6 (6) and 4 (4)
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at -4 walk [6 : 4 from -1 of 4] to %b[0][4]
  }
}

// -----

// CHECK: TD6: a dimension with bounds has an extent of at least 1, and a stride of as many times the bytes between neighbours as its step says; got a stride of 4, an extent of 0 and a step of 1
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 0 walk [4 : 4 from 0 of 0] to %b[0][4]
  }
}

// -----

// CHECK: TD6: {{.*}}; got a stride of 4, an extent of 4 and a step of -1
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 0 walk [4 : 4 from 0 of 4 by -1] to %b[0][4]
  }
}

// -----

// CHECK: TD6: {{.*}}; got a stride of 4, an extent of 4 and a step of 0
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 0 walk [4 : 4 from 0 of 4 by 0] to %b[0][4]
  }
}

// -----

// CHECK: TD6: {{.*}}; got a stride of 4, an extent of 4 and a step of 3
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.store %b[0][4] to %x at 0 walk [4 : 4 from 0 of 4 by 3]
  }
}

// -----

// CHECK: TD7: a transfer in a module of version 1 has neither bounds nor `after`; write tog.version = 2
builtin.module attributes {tog.version = 1 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 0 walk [4 : 4 from 0 of 4] to %b[0][4]
  }
}

// -----

// CHECK: TD7: a transfer in a module of version 1 has neither bounds nor `after`; write tog.version = 2
builtin.module attributes {tog.version = 1 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.loop %i = 0 to 4 step 1 {
      %t = tog.load %x at 0 walk [4 : 4] to %b[0][4]
      %u = tog.store %b[0][4] to %x at 0 walk [4 : 4] after (%t)
    }
  }
}

// -----

// CHECK: TE3: the first index of a dimension must be a sum, not a minimum
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 0 walk [4 : 4 from min(0, 4) of 4] to %b[0][4]
  }
}

// -----

// CHECK: TD5: a walk stays within its tensor, memref<4xf32> of 16 bytes, where its bounds leave it; got bytes 4 to 20
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 4 walk [4 : 4] to %b[0][4]
  }
}

// -----

// CHECK: TD5: a walk stays within its tensor, memref<8xf16> of 16 bytes, where its bounds leave it; got bytes -2 to 6 with the loops at -1
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<8xf16>) {
    %b = tog.buffer at 0 : memref<1x4xf16, "spad">
    tog.loop %i = -1 to 2 step 1 {
      %t = tog.store %b[0][4] to %x at %i * 2 walk [4 : 2]
    }
  }
}

// -----

// CHECK: TE1: an expression may hold only induction variables of the loops around it
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>, %j: index) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at %j walk [4 : 4] to %b[0][4]
  }
}

// -----

// CHECK: TE2: tog.load has 0 induction variables, so that each of its expressions is a map of as many dimensions, got affine_map<(d0) -> (4)>
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = "tog.load"(%x, %b) <{offset = affine_map<() -> (0)>, sizes = [affine_map<(d0) -> (4)>], strides = array<i64: 4>, access = #tog.rectangle<affine_map<() -> (0)>, [affine_map<() -> (0)>], [affine_map<() -> (4)>]>, operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>}> : (memref<4xf32>, memref<1x4xf32, "spad">) -> !tog.token
  }
}

// -----

// CHECK: TE3: the DRAM offset must be a sum, not a minimum
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at min(0, 4) walk [4 : 4] to %b[0][4]
  }
}

// -----

// CHECK: TA1: a slot of memref<1x4xf32, "spad"> has 1 dimensions; got 2 first elements and 1 sizes
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.preload rows 1 cols 1 from %b[0, 0][4]
  }
}

// -----

// CHECK: TM1: rows has at least one size
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.matmul rows [] from %b[0][4] into %b[0][4]
  }
}

// -----

// CHECK: TV1: no tog.function is called @f
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.vector @f() reads [] writes [%b[0][4]]
  }
}

// -----

// CHECK: TV1: @f has other numbers of sizes than 1
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.function @f cases [()]
    tog.vector @f(4) reads [] writes [%b[0][4]]
  }
}

// -----

// CHECK: TV2: tog.vector needs a rectangle for each buffer and writes at least one
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    tog.function @f cases [()]
    tog.vector @f() reads [%b[0][4]] writes []
  }
}

// -----

// CHECK: TT1: a tensor's address is not negative and its size is positive, got address 0 and 0 bytes
builtin.module attributes {tog.version = 2 : i64} {
  tog.tensor @x at 0 bytes 0
}

// -----

// CHECK: TT2: a tensor's partition is not negative, got -1
builtin.module attributes {tog.version = 2 : i64} {
  tog.tensor @x at 0 bytes 64 partition -1
}

// -----

// CHECK: TT3: a tensor ends within 48-bit addresses, got @x at 0xffffffffffc0 of 128 bytes
builtin.module attributes {tog.version = 2 : i64} {
  tog.tensor @x at 0xffffffffffc0 bytes 128
}

// -----

// CHECK: TT4: tensors share no byte, but @y (0x100 to 0x140) and @x (0x13f to 0x17f) do; for one tensor in two places, name it in both
builtin.module attributes {tog.version = 2 : i64} {
  tog.tensor @x at 0x13f bytes 64
  tog.tensor @z at 0x200 bytes 64
  tog.tensor @y at 0x100 bytes 64
}

// -----

// CHECK: TN1: no tog.graph is called @g
builtin.module attributes {tog.version = 2 : i64} {
  %r = tog.launch @g()
}

// -----

// CHECK: TN1: no tog.tensor is called @x
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
  }
  %r = tog.launch @g(@x)
}

// -----

// CHECK: TN2: @g takes 1 tensors, got 0
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
  }
  %r = tog.launch @g()
}

// -----

// CHECK: TN3: a launch may only wait for earlier launches
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
  }
  %r = tog.launch @g() after (%s)
  %s = tog.launch @g()
}

// -----

// CHECK: TN4: queue must not be negative, got -1
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
  }
  %r = tog.launch @g() queue -1
}

// -----

// CHECK: TN4: arrival_ns must not be negative, got -5
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g() {
  }
  %r = tog.launch @g() queue 1 arrival_ns -5
}

// -----

// CHECK: TN5: a launch in a module of version 1 has no queue, request, ops; write tog.version = 2
builtin.module attributes {tog.version = 1 : i64} {
  tog.graph @g() {
  }
  %r = tog.launch @g() queue 1 request "a" ops ["aten.mm"]
}

// -----

// CHECK: TN6: @g takes memref<4xf32>, which has 16 bytes; @x has 12
builtin.module attributes {tog.version = 2 : i64} {
  tog.tensor @x at 0 bytes 12
  tog.graph @g(%x: memref<4xf32>) {
  }
  %r = tog.launch @g(@x)
}

// -----

// CHECK: expected a positive divisor
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4xf32, "spad">
    %t = tog.load %x at 4 floordiv 0 walk [4 : 4] to %b[0][4]
  }
}

// -----

// CHECK: no such value here; expected one that is defined before it is used
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<4xf32>) {
    %t = tog.load %x at 0 walk [4 : 4] to %b[0][4]
  }
}

// -----

// CHECK: TD8: expected `by` and where the indices lie
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<9x4xf32>, %i: memref<4xi32>) {
    %b = tog.buffer at 0 : memref<1x4x4xf32, "spad">
    %t = tog.load %x at 0 walk [4 : 16 at %i[0] of 9, 4 : 4] to %b[0, 0][4, 4]
  }
}

// -----

// CHECK: TD8: indices are i32 of an argument, in a buffer of i32; got memref<4xf32> and memref<1x4xi32, "spad">
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<9x4xf32>, %i: memref<4xf32>) {
    %b = tog.buffer at 0 : memref<1x4x4xf32, "spad">
    %n = tog.buffer at 64 : memref<1x4xi32, "spad">
    %t = tog.load %x at 0 walk [4 : 16 at %i[0] of 9, 4 : 4] to %b[0, 0][4, 4] by %n[0][4]
  }
}

// -----

// CHECK: TD8: `combining` is for a store
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<9x4xf32>, %i: memref<4xi32>) {
    %b = tog.buffer at 0 : memref<1x4x4xf32, "spad">
    %n = tog.buffer at 64 : memref<1x4xi32, "spad">
    %t = tog.load %x at 0 walk [4 : 16 at %i[0] of 9, 4 : 4] to %b[0, 0][4, 4] by %n[0][4] combining
  }
}

// -----

// CHECK: TD8: a dimension with indices has an extent of at least 1 and a stride of at least 0; got 9 and -16
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<9x4xf32>, %i: memref<4xi32>) {
    %b = tog.buffer at 0 : memref<1x4x4xf32, "spad">
    %n = tog.buffer at 64 : memref<1x4xi32, "spad">
    %t = tog.load %x at 0 walk [4 : -16 at %i[0] of 9, 4 : 4] to %b[0, 0][4, 4] by %n[0][4]
  }
}

// -----

// CHECK: TD5: a walk stays within its tensor
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @g(%x: memref<9x4xf32>, %i: memref<4xi32>) {
    %b = tog.buffer at 0 : memref<1x4x4xf32, "spad">
    %n = tog.buffer at 64 : memref<1x4xi32, "spad">
    %t = tog.load %x at 0 walk [4 : 16 at %i[0] of 10, 4 : 4] to %b[0, 0][4, 4] by %n[0][4]
  }
}
