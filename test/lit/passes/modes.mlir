// A mode is options of passes, and nothing else.
// RUN: npu-opt %s -p 'npu-compile{machine=tpuv3 mode=xla-tpu}' -o %t.whole.mlir
// RUN: npu-opt %s -p 'npu-pad-channels,npu-group{machine=tpuv3 unfused=true joins=ends},npu-map{machine=tpuv3 conv_strategy=taps result_slots=1 scoped_kb=32768},npu-tile{machine=tpuv3},npu-distribute,npu-insert-dma,npu-double-buffer{machine=tpuv3},npu-place{machine=tpuv3},npu-derive-tog' -o %t.steps.mlir
// RUN: diff %t.whole.mlir %t.steps.mlir
// RUN: not npu-opt %s -p 'npu-compile{mode=xla-tpo}' 2>&1 | filecheck %s --check-prefix=MODE
// RUN: not npu-opt %s -p 'npu-compile{mode=xla-tpu conv_strategy=folded}' 2>&1 | filecheck %s --check-prefix=CONV
// MODE: error: no mode is called 'xla-tpo'; did you mean 'xla-tpu'? expected xla-tpu, or none for our compiler's best
// CONV: error: conv_strategy 'folded' is not what mode 'xla-tpu' does, which is 'taps'; leave one of them out

// A result has one slot, or as many as pay. Operands and result that leave enough of the scratchpad
// free are copied whole, in one piece each; on tpuv3 there is no room beside 32 MiB.
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=tpuv3}' | filecheck %s --check-prefix=FREE
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=tpuv3 result_slots=1 scoped_kb=32768}' | filecheck %s --check-prefix=ONE
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=tpuv6e scoped_kb=32768}' | filecheck %s --check-prefix=COPY
// RUN: not npu-opt %s -p 'npu-map{result_slots=4}' 2>&1 | filecheck %s --check-prefix=SLOTS
// RUN: not npu-opt %s -p 'npu-map{scoped_kb=-1}' 2>&1 | filecheck %s --check-prefix=SCOPED
// FREE: hold acc {{[23]}}
// ONE:  hold acc 1
// COPY: mapping <hold rows 1, hold weights 1, hold acc 1, par m 1500, par n 700, [for k 600, run arrays]>
// SLOTS: error: npu-map: result_slots is 4; expected a number from 0 to 3
// SCOPED: error: npu-map: scoped_kb is -1; expected a number from 0 to 16777216
func.func @main(%a: tensor<1500x600xf32>, %b: tensor<600x700xf32>) -> tensor<1500x700xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1500x700xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1500x700xf32>) -> tensor<1500x700xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<1500x600xf32>, tensor<600x700xf32>) outs(%z : tensor<1500x700xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %r = arith.mulf %x, %y : f32
    %t = arith.addf %o, %r : f32
    linalg.yield %t : f32
  } -> tensor<1500x700xf32>
  func.return %p : tensor<1500x700xf32>
}
