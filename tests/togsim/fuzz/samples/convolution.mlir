builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @convolution(%x: memref<4x9x9xf32>, %w: memref<3x3x4x8xf32>, %y: memref<8x5x5xf32>) attributes {torch_ops = ["aten.convolution"]} {
    %X = tog.buffer at 0 : memref<2x11x11x4xf32, "spad">
    %W = tog.buffer at 4096 : memref<1x3x3x4x8xf32, "spad">
    %Y = tog.buffer at 16384 : memref<1x3x5x8xf32, "spad">
    tog.function @relu cases [(2) = 20, (3) = 30]
    tog.parallel (%i) = (0) to (5) step (3) {
      %l = tog.load %w at 0 walk [3 : 384, 3 : 128, 4 : 32, 8 : 4] to %W[0, 0, 0, 0][3, 3, 4, 8]
      %t = tog.load %x at %i * 72 - 40 walk [4 : 324, min(7, 11 - %i * 2) : 36 from %i * 2 - 1 of 9, 11 : 4 from -1 of 9] to %X slot(%i floordiv 3 mod 2)[0, 0, 0][min(7, 11 - %i * 2), 11, 4]
      tog.wait %l
      tog.loop %r = 0 to 3 step 1 {
        tog.loop %s = 0 to 3 step 1 {
          tog.preload rows 4 cols 8 from %W[%r, %s, 0, 0][1, 1, 4, 8]
          tog.matmul rows [min(3, 5 - %i), 5] from %X slot(%i floordiv 3 mod 2)[%r, %s, 0][min(5, 9 - %i * 2), 9, 4] into %Y[0, 0, 0][min(3, 5 - %i), 5, 8]
        }
      }
      tog.vector @relu(min(3, 5 - %i)) reads [%Y[0, 0, 0][min(3, 5 - %i), 5, 8]] writes [%Y[0, 0, 0][min(3, 5 - %i), 5, 8]]
      %u = tog.store %Y[0, 0, 0][min(3, 5 - %i), 5, 8] to %y at %i * 20 walk [8 : 100, min(3, 5 - %i) : 20, 5 : 4]
      %v = tog.load %y at 80 - %i * 20 walk [min(3, 5 - %i) : -20 from 4 - %i of 5 by -1, 5 : 0 from 0 of 5 by 0, 8 : 100] to %Y[0, 0, 0][min(3, 5 - %i), 5, 8] after (%u, %t)
    }
  }
  tog.tensor @image at 0x100000000 bytes 1296
  tog.tensor @weights at 0x100001000 bytes 1152
  tog.tensor @result at 0x100002000 bytes 800
  %r0 = tog.launch @convolution(@image, @weights, @result)
  %r1 = tog.launch @convolution(@image, @weights, @result) after (%r0)
}
