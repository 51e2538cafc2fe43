// RUN: not npu-opt %s -p 'npu-map{machine=8x8}' 2>&1 | filecheck %s
// RUN: not npu-opt %s -p 'npu-map{strategy=heuristik}' 2>&1 | filecheck %s --check-prefix=STRATEGY
// RUN: not npu-opt %s -p 'npu-map{machine=tpu3}' 2>&1 | filecheck %s --check-prefix=MACHINE

// CHECK: map_invalid.mlir:9: npu-map: group 'max_0' does not fit the scratchpad of '8x8': one window (40000) needs 480064 bytes in 3 buffers, there are 262144; make the window smaller, or use a machine with a larger vpu_spad_size_kb_per_lane
// STRATEGY: error: npu-map: unknown strategy 'heuristik'; expected heuristic
// MACHINE: error: no shipped machine is called 'tpu3'; did you mean 'tpuv3'?
func.func @main(%a: tensor<2x40001xf32>) -> tensor<2x2xf32> {
  %r = npu.group @max_0 ins(%a : tensor<2x40001xf32>) {
  ^bb0(%x: tensor<2x40001xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<2x2xf32>
    %w = tensor.empty() : tensor<40000xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1 + d2)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<2x40001xf32>, tensor<40000xf32>) outs(%zeros : tensor<2x2xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %s = arith.maximumf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<2x2xf32>
    npu.yield %max : tensor<2x2xf32>
  } ops ["aten.max_pool1d"] : tensor<2x2xf32>
  func.return %r : tensor<2x2xf32>
}
