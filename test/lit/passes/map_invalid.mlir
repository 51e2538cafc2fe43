// RUN: not npu-opt %s -p 'npu-map{machine=8x8}' 2>&1 | filecheck %s
// RUN: not npu-opt %s -p 'npu-map{strategy=heuristik}' 2>&1 | filecheck %s --check-prefix=STRATEGY
// RUN: not npu-opt %s -p 'npu-map{machine=tpu3}' 2>&1 | filecheck %s --check-prefix=MACHINE

// CHECK: map_invalid.mlir:9: npu-map: group 'sum_0' does not fit the scratchpad of '8x8': one row (40000) needs 320064 bytes in 2 buffers, there are 262144; make the row shorter, or use a machine with a larger vpu_spad_size_kb_per_lane
// STRATEGY: error: npu-map: unknown strategy 'heuristik'; expected heuristic
// MACHINE: error: no shipped machine is called 'tpu3'; did you mean 'tpuv3'?
func.func @main(%a: tensor<2x40000xf32>) -> tensor<2xf32> {
  %r = npu.group "sum_0" ins(%a : tensor<2x40000xf32>) {
  ^bb0(%x: tensor<2x40000xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<2xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<2x40000xf32>) outs(%zeros : tensor<2xf32>) {
    ^bb1(%p: f32, %o: f32):
      %s = arith.addf %p, %o : f32
      linalg.yield %s : f32
    } -> tensor<2xf32>
    npu.yield %sum : tensor<2xf32>
  } ops ["aten.sum"] : tensor<2xf32>
  func.return %r : tensor<2xf32>
}
