builtin.module attributes {tog.version = 1 : i64} {
  tog.graph @matmul_0(%x: memref<16x20xf32>, %l_weight: memref<24x20xf32>, %l_bias: memref<24xf32>, %out: memref<16x24xf32>) attributes {torch_ops = ["aten.linear", "aten.relu"]} {
    %rows = tog.buffer at 3456 : memref<1x16x20xf32, "spad">
    %weights = tog.buffer at 0 : memref<1x20x24xf32, "spad">
    %l_bias_spad = tog.buffer at 4736 : memref<1x24xf32, "spad">
    %acc = tog.buffer at 1920 : memref<1x16x24xf32, "spad">
    tog.function @matmul_0_c0 cases [() = 79]
    tog.parallel (%item) = (0) to (1) step (1) {
      tog.loop %p = 0 to 20 step 8 {
        %t = tog.load %x at %p * 4 walk [16 : 80, min(8, 20 - %p) : 4] to %rows[0, %p][16, min(8, 20 - %p)]
      }
      tog.loop %p_1 = 0 to 20 step 8 {
        tog.loop %p_2 = 0 to 24 step 8 {
          %t_1 = tog.load %l_weight at %p_1 * 4 + %p_2 * 80 walk [8 : 80, min(8, 20 - %p_1) : 4] to %weights[%p_1, %p_2][min(8, 20 - %p_1), 8]
        }
      }
      tog.loop %kk = 0 to 20 step 8 {
        tog.loop %nn = 0 to 24 step 8 {
          tog.preload rows min(8, 20 - %kk) cols 8 from %weights[%kk, %nn][min(8, 20 - %kk), 8]
          tog.matmul rows 16 from %rows[0, %kk][16, min(8, 20 - %kk)] into %acc[0, %nn][16, 8]
        }
      }
      tog.loop %p_3 = 0 to 24 step 8 {
        %t_2 = tog.load %l_bias at %p_3 * 4 walk [8 : 4] to %l_bias_spad[%p_3][8]
      }
      tog.vector @matmul_0_c0() reads [%l_bias_spad[0][24], %acc[0, 0][16, 24]] writes [%acc[0, 0][16, 24]]
      tog.loop %p_4 = 0 to 24 step 8 {
        %t_3 = tog.store %acc[0, %p_4][16, 8] to %out at %p_4 * 4 walk [16 : 96, 8 : 4]
      }
    }
  }
  tog.graph @matmul_1(%matmul_0_out: memref<16x24xf32>, %m_weight: memref<9x24xf32>, %m_bias: memref<9xf32>, %out: memref<16x9xf32>) attributes {torch_ops = ["aten.linear"]} {
    %rows = tog.buffer at 0 : memref<1x16x24xf32, "spad">
    %weights = tog.buffer at 1536 : memref<1x24x9xf32, "spad">
    %m_bias_spad = tog.buffer at 3008 : memref<1x9xf32, "spad">
    %acc = tog.buffer at 2432 : memref<1x16x9xf32, "spad">
    tog.function @matmul_1_c0 cases [() = 24]
    tog.parallel (%item) = (0) to (1) step (1) {
      tog.loop %p = 0 to 24 step 8 {
        %t = tog.load %matmul_0_out at %p * 4 walk [16 : 96, 8 : 4] to %rows[0, %p][16, 8]
      }
      tog.loop %p_1 = 0 to 24 step 8 {
        tog.loop %p_2 = 0 to 9 step 8 {
          %t_1 = tog.load %m_weight at %p_1 * 4 + %p_2 * 96 walk [min(8, 9 - %p_2) : 96, 8 : 4] to %weights[%p_1, %p_2][8, min(8, 9 - %p_2)]
        }
      }
      tog.loop %kk = 0 to 24 step 8 {
        tog.loop %nn = 0 to 9 step 8 {
          tog.preload rows 8 cols min(8, 9 - %nn) from %weights[%kk, %nn][8, min(8, 9 - %nn)]
          tog.matmul rows 16 from %rows[0, %kk][16, 8] into %acc[0, %nn][16, min(8, 9 - %nn)]
        }
      }
      tog.loop %p_3 = 0 to 9 step 8 {
        %t_2 = tog.load %m_bias at %p_3 * 4 walk [min(8, 9 - %p_3) : 4] to %m_bias_spad[%p_3][min(8, 9 - %p_3)]
      }
      tog.vector @matmul_1_c0() reads [%m_bias_spad[0][9], %acc[0, 0][16, 9]] writes [%acc[0, 0][16, 9]]
      tog.loop %p_4 = 0 to 9 step 8 {
        %t_3 = tog.store %acc[0, %p_4][16, min(8, 9 - %p_4)] to %out at %p_4 * 4 walk [16 : 36, min(8, 9 - %p_4) : 4]
      }
    }
  }
  tog.graph @softmax_2(%matmul_1_out: memref<16x9xf32>, %out: memref<16x9xf32>) attributes {torch_ops = ["aten.softmax"]} {
    %matmul_1_out_spad = tog.buffer at 0 : memref<1x16x9xf32, "spad">
    %temp = tog.buffer at 1152 : memref<1x16xf32, "spad">
    %out_spad = tog.buffer at 576 : memref<1x16x9xf32, "spad">
    tog.function @softmax_2_c0 cases [() = 521]
    tog.parallel (%item) = (0) to (1) step (1) {
      %t = tog.load %matmul_1_out at 0 walk [16 : 36, 9 : 4] to %matmul_1_out_spad[0, 0][16, 9]
      tog.wait %t
      tog.vector @softmax_2_c0() reads [%matmul_1_out_spad[0, 0][16, 9]] writes [%temp[0][16], %out_spad[0, 0][16, 9]]
      %t_1 = tog.store %out_spad[0, 0][16, 9] to %out at 0 walk [16 : 36, 9 : 4]
    }
  }
  tog.tensor @l_weight at 0x100000000 bytes 1920
  tog.tensor @l_bias at 0x100001000 bytes 96
  tog.tensor @m_weight at 0x100002000 bytes 864
  tog.tensor @m_bias at 0x100003000 bytes 36
  tog.tensor @x at 0x100004000 bytes 1280
  tog.tensor @matmul_0_out at 0x100005000 bytes 1536
  tog.tensor @matmul_1_out at 0x100006000 bytes 576
  tog.tensor @softmax_2_out at 0x100007000 bytes 576
  %matmul_0_run = tog.launch @matmul_0(@x, @l_weight, @l_bias, @matmul_0_out)
  %matmul_1_run = tog.launch @matmul_1(@matmul_0_out, @m_weight, @m_bias, @matmul_1_out) after (%matmul_0_run)
  %softmax_2_run = tog.launch @softmax_2(@matmul_1_out, @softmax_2_out) after (%matmul_1_run)
}
