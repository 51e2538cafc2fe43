// RUN: npu-opt %s -p 'npu-derive-tog{only=true}' | filecheck %s

// Sizes of halos: steps and dilations of what a tile has, less one, and one. They are sums of positive
// multiples of minima.

// CHECK: tog.graph @halo
npu.kernel @halo(%x: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %X = npu.alloc {offset = 0 : i64} : memref<1x20x20xf32, "spad">
  // 2 * 8 + 1 and 2 * 3 + 1 rows; columns of 4 or 3 and of 2 taps or one.
  // CHECK:      tog.function @halo_c0 cases [(7, 4), (7, 5), (7, 6), (7, 7), (17, 4), (17, 5), (17, 6), (17, 7)]
  // CHECK-NEXT: tog.function @halo_c1 cases [(0), (4), (5)]
  npu.parallel (%i) = (0) to (27) step (8) {
    %m = affine.min affine_map<(d0) -> (8, 27 - d0)>(%i)
    // CHECK: tog.loop %k = 0 to 3 step 2
    %c2 = arith.constant 2 : index
    scf.for %k = %c0 to %c3 step %c2 {
      // CHECK: tog.loop %j = 0 to 8 step 4
      %d = affine.min affine_map<(d0) -> (2, 3 - d0)>(%k)
      scf.for %j = %c0 to %c8 step %c4 {
        %n = affine.min affine_map<(d0) -> (4, 7 - d0)>(%j)
        %rows = affine.apply affine_map<(d0) -> (d0 * 2 + 1)>(%m)
        %cols = affine.apply affine_map<(d0, d1) -> ((d0 - 1) + (d1 - 1) * 2 + 1 + 1)>(%n, %d)
        %h = memref.subview %X[0, 0, 0] [1, %rows, %cols] [1, 1, 1] : memref<1x20x20xf32, "spad"> to memref<?x?xf32, strided<[20, 1]>, "spad">
        // CHECK-NEXT: tog.vector @halo_c0(min(17, 55 - %i * 2), min(7, 9 - %k * 2, 10 - %j, 12 - %k * 2 - %j)) reads [] writes [%X[0, 0][min(17, 55 - %i * 2), min(7, 9 - %k * 2, 10 - %j, 12 - %k * 2 - %j)]]
        npu.compute @halo_c0 outs(%h : memref<?x?xf32, strided<[20, 1]>, "spad">) {
        ^bb0(%z: memref<?x?xf32, strided<[20, 1]>, "spad">):
          %zero = arith.constant 0.0 : f32
          linalg.fill ins(%zero : f32) outs(%z : memref<?x?xf32, strided<[20, 1]>, "spad">)
          npu.yield
        }
      }
    }
    // A piece past the end of a tile has no row, and no halo.
    // CHECK: tog.loop %q = 0 to 8 step 4
    scf.for %q = %c0 to %c8 step %c4 {
      %p = affine.min affine_map<(d0, d1) -> (4, d1 - d0)>(%q, %m)
      %rows = affine.apply affine_map<(d0) -> ((d0 - 1) * 1 + 2)>(%p)
      %h = memref.subview %X[0, 0, 0] [1, %rows, 1] [1, 1, 1] : memref<1x20x20xf32, "spad"> to memref<?xf32, strided<[20]>, "spad">
      // CHECK-NEXT: tog.vector @halo_c1(min(5, 28 - %i - %q)) reads [] writes [%X[0, 0][min(5, 28 - %i - %q), 1]]
      npu.compute @halo_c1 outs(%h : memref<?xf32, strided<[20]>, "spad">) {
      ^bb0(%z: memref<?xf32, strided<[20]>, "spad">):
        %zero = arith.constant 0.0 : f32
        linalg.fill ins(%zero : f32) outs(%z : memref<?xf32, strided<[20]>, "spad">)
        npu.yield
      }
    }
  }
  npu.return
}

func.func @main(%x: memref<64xf32>) -> memref<64xf32> {
  npu.launch @halo(%x) : (memref<64xf32>)
  func.return %x : memref<64xf32>
}
