// RUN: npu-opt %s | npu-opt | filecheck %s
// RUN: npu-opt --print-op-generic %s | npu-opt | filecheck %s

// CHECK: builtin.module attributes {tog.version = 2 : i64} {
builtin.module attributes {tog.version = 2 : i64} {
  // CHECK-NEXT: tog.graph @gemm(%a: memref<516x244xf32>, %b: memref<244x224xf32>, %c: memref<516x224xf32>) attributes {torch_ops = ["aten.mm"]} {
  tog.graph @gemm(%a: memref<516x244xf32>, %b: memref<244x224xf32>, %c: memref<516x224xf32>) attributes {torch_ops = ["aten.mm"]} {
    // CHECK-NEXT: %A = tog.buffer at 0 : memref<2x256x128xf32, "spad">
    %A = tog.buffer at 0 : memref<2x256x128xf32, "spad">
    %B = tog.buffer at 262144 : memref<1x128x224xf32, "spad">
    %C = tog.buffer at 376832 : memref<1x256x224xf32, "spad">
    // CHECK: tog.function @gemm_c0 cases [(4, 4), (256, 256)]
    tog.function @gemm_c0 cases [(4, 4), (256, 256)]
    // CHECK-NEXT: tog.function @gemm_c1 cases [() = 7]
    tog.function @gemm_c1 cases [() = 7]
    // CHECK-NEXT: tog.parallel (%i, %j) = (0, 0) to (516, 224) step (256, 224) {
    tog.parallel (%i, %j) = (0, 0) to (516, 224) step (256, 224) {
      // CHECK-NEXT: tog.loop %k = 0 to 244 step 128 {
      tog.loop %k = 0 to 244 step 128 {
        // CHECK-NEXT: %t = tog.load %a at %i * 976 + %k * 4 walk [min(256, 516 - %i) : 976, min(128, 244 - %k) : 4] to %A slot(%k floordiv 128 mod 2)[0, 0][min(256, 516 - %i), min(128, 244 - %k)]
        %t = tog.load %a at %i * 976 + %k * 4 walk [min(256, 516 - %i) : 976, min(128, 244 - %k) : 4] to %A slot(%k floordiv 128 mod 2)[0, 0][min(256, 516 - %i), min(128, 244 - %k)]
        %u = tog.load %b at %k * 896 walk [min(128, 244 - %k) : 896, 224 : 4] to %B[0, 0][min(128, 244 - %k), 224]
        // CHECK: tog.wait %t
        tog.wait %t
        tog.wait %u
        // CHECK: tog.preload rows min(128, 244 - %k) cols 128 from %B[0, 0][min(128, 244 - %k), 128]
        tog.preload rows min(128, 244 - %k) cols 128 from %B[0, 0][min(128, 244 - %k), 128]
        // CHECK-NEXT: tog.matmul rows min(256, 516 - %i) from %A slot((%i floordiv 256 * 2 + %k floordiv 128) mod 2)[0, 0][min(256, 516 - %i), 128] into %C[0, 0][min(256, 516 - %i), 128]
        tog.matmul rows min(256, 516 - %i) from %A slot((%i floordiv 256 * 2 + %k floordiv 128) mod 2)[0, 0][min(256, 516 - %i), 128] into %C[0, 0][min(256, 516 - %i), 128]
      }
      // CHECK: tog.vector @gemm_c0(min(256, 516 - %i), min(256, 516 - %i)) reads [%A[0, 0][1, 2], %C[0, 0][1, 1]] writes [%C[0, 0][min(256, 516 - %i), 224]]
      tog.vector @gemm_c0(min(256, 516 - %i), min(256, 516 - %i)) reads [%A[0, 0][1, 2], %C[0, 0][1, 1]] writes [%C[0, 0][min(256, 516 - %i), 224]]
      // CHECK-NEXT: tog.vector @gemm_c1() reads [] writes [%C[8 - %j, 0 - %i * 2][1, 1]]
      tog.vector @gemm_c1() reads [] writes [%C[8 - %j, 0 - %i * 2][1, 1]]
      // CHECK-NEXT: = tog.store %C[0, 0][min(256, 516 - %i), 224] to %c at %i * 896 walk [min(256, 516 - %i) : 896, 224 : 4]
      %s = tog.store %C[0, 0][min(256, 516 - %i), 224] to %c at %i * 896 walk [min(256, 516 - %i) : 896, 224 : 4]
    }
  }
  // What a core's work items share stands in front of the parallel loops.
  // CHECK: tog.graph @shared
  tog.graph @shared(%x: memref<64xf32>) {
    %X = tog.buffer at 0 : memref<1x64xf32, "spad">
    // CHECK: tog.loop %j = 0 to 64 step 32 {
    // CHECK-NEXT: %t = tog.load %x at %j * 4 walk [32 : 4] to %X[%j][32]
    // CHECK-NEXT: tog.wait %t
    // CHECK-NEXT: }
    tog.loop %j = 0 to 64 step 32 {
      %t = tog.load %x at %j * 4 walk [32 : 4] to %X[%j][32]
      tog.wait %t
    }
    // CHECK-NEXT: %u = tog.load %x at 0 walk [64 : 4] to %X[0][64]
    %u = tog.load %x at 0 walk [64 : 4] to %X[0][64]
    // CHECK-NEXT: tog.parallel (%i) = (0) to (3) step (1) {
    // CHECK-NEXT: tog.wait %u
    tog.parallel (%i) = (0) to (3) step (1) {
      tog.wait %u
    }
  }
  // Bounds: a halo of a padded image, rows backwards, one row again and again, every second column.
  // CHECK: tog.graph @bounds
  tog.graph @bounds(%x: memref<56x56xf32>, %y: memref<56x56xf32>) {
    %X = tog.buffer at 0 : memref<2x10x58xf32, "spad">
    // CHECK: tog.parallel (%i) = (0) to (56) step (8) {
    tog.parallel (%i) = (0) to (56) step (8) {
      // CHECK-NEXT: %t = tog.load %x at %i * 224 - 228 walk [10 : 224 from %i - 1 of 56, 58 : 4 from -1 of 56] to %X[0, 0][10, 58]
      %t = tog.load %x at %i * 224 - 228 walk [10 : 224 from %i - 1 of 56, 58 : 4 from -1 of 56 by 1] to %X[0, 0][10, 58]
      // CHECK-NEXT: %u = tog.load %x at 12332 - %i * 224 walk [8 : -224 from 55 - %i of 56 by -1, 58 : 0 from 3 of 56 by 0] to %X slot(1)[0, 0][8, 58] after (%t)
      %u = tog.load %x at 12332 - %i * 224 walk [8 : -224 from 55 - %i of 56 by -1, 58 : 0 from 3 of 56 by 0] to %X slot(1)[0, 0][8, 58] after (%t)
      // CHECK-NEXT: %v = tog.store %X slot(1)[0, 0][8, 28] to %y at %i * 224 walk [8 : 224, 28 : 8 from 0 of 56 by 2] after (%t, %u)
      %v = tog.store %X slot(1)[0, 0][8, 28] to %y at %i * 224 walk [8 : 224, 28 : 8 from 0 of 56 by 2] after(%t, %u)
    }
  }
  // A convolution of 3x3 with steps of 2: the rows stand apart, and there are two dimensions of them.
  // CHECK: tog.graph @rows
  tog.graph @rows() {
    %H = tog.buffer at 0 : memref<1x17x57x8xf32, "spad">
    %W = tog.buffer at 40000 : memref<1x3x3x8x8xf32, "spad">
    %Y = tog.buffer at 50000 : memref<1x8x28x8xf32, "spad">
    // CHECK: tog.parallel (%i) = (0) to (27) step (8) {
    tog.parallel (%i) = (0) to (27) step (8) {
      tog.loop %r = 0 to 3 step 1 {
        tog.loop %s = 0 to 3 step 1 {
          // CHECK: tog.preload rows 8 cols 8 from %W[%r, %s, 0, 0][1, 1, 8, 8]
          tog.preload rows 8 cols 8 from %W[%r, %s, 0, 0][1, 1, 8, 8]
          // CHECK-NEXT: tog.matmul rows [min(8, 27 - %i), 28] from %H[%r, %s, 0][min(15, 53 - %i * 2), 55, 8] into %Y[0, 0, 0][min(8, 27 - %i), 28, 8]
          tog.matmul rows [min(8, 27 - %i), 28] from %H[%r, %s, 0][min(15, 53 - %i * 2), 55, 8] into %Y[0, 0, 0][min(8, 27 - %i), 28, 8]
        }
      }
    }
  }
  // CHECK: tog.tensor @x at 0x100000000 bytes 503616
  tog.tensor @x at 0x100000000 bytes 503616
  // CHECK-NEXT: tog.tensor @y at 0x10007b000 bytes 218624 partition 1
  tog.tensor @y at 0x10007b000 bytes 218624 partition 1
  tog.tensor @z at 0x1000b1000 bytes 462336
  // CHECK: %r0 = tog.launch @gemm(@x, @y, @z)
  %r0 = tog.launch @gemm(@x, @y, @z)
  // CHECK-NEXT: tog.launch @gemm(@x, @y, @z) after (%r0)
  %r1 = tog.launch @gemm(@x, @y, @z) after (%r0)
  // What is 0 or "" may be left out.
  // CHECK-NEXT: tog.launch @gemm(@x, @y, @z) after (%r0, %r1) queue 1 arrival_ns 5000 priority -3 request "a b"
  %r2 = tog.launch @gemm(@x, @y, @z) after (%r0, %r1) queue 1 arrival_ns 5000 priority -3 request "a b"
  // CHECK-NEXT: tog.launch @gemm(@x, @y, @z) priority 2
  %r3 = tog.launch @gemm(@x, @y, @z) priority 2
  // CHECK-NEXT: tog.launch @gemm(@x, @y, @z) after (%r0) request "a" ops ["aten.mm", "aten.relu"] lines ["mlp.py:12"]
  %r4 = tog.launch @gemm(@x, @y, @z) after (%r0) request "a" ops ["aten.mm", "aten.relu"] lines ["mlp.py:12"]
}

builtin.module @indexed attributes {tog.version = 2 : i64} {
  // CHECK: tog.graph @by_index
  tog.graph @by_index(%table: memref<300x64xf32>, %ids: memref<32xi32>) {
    %I = tog.buffer at 0 : memref<1x32xi32, "spad">
    %X = tog.buffer at 128 : memref<1x16x64xf32, "spad">
    tog.loop %i = 0 to 32 step 16 {
      // CHECK: %{{.*}} = tog.load %table at 0 walk [16 : 256 at %ids[%i{{.*}}] of 300, 64 : 4] to %X[0, 0][16, 64] by %I[%i{{.*}}][16]
      %t = tog.load %table at 0 walk [16 : 256 at %ids[%i] of 300, 64 : 4] to %X[0, 0][16, 64] by %I[%i][16]
      // CHECK: tog.store %X[0, 0][16, 64] to %table at 0 walk [16 : 256 at %ids[%i{{.*}}] of 300, 64 : 4] by %I[0][16] combining after (%{{.*}})
      %u = tog.store %X[0, 0][16, 64] to %table at 0 walk [16 : 256 at %ids[%i] of 300, 64 : 4] by %I[0][16] combining after (%t)
    }
  }
}
