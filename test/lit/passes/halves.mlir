// Halves take two bytes in tensors, buffers and transfers; arrays take them and add up in f32.
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' | filecheck %s
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' -o %t.mlir
// RUN: npu-opt %t.mlir | diff %t.mlir -
// RUN: not npu-opt %s -p 'npu-group,npu-map{machine=tpuv6e}' -o %t.refused.mlir 2>&1 | filecheck %s --check-prefix REFUSED

// REFUSED: npu-map: group 'matmul_5x8x6' multiplies f16, which the arrays of 'tpuv6e' do not take; expected f32 and bf16 (array_passes)

// CHECK-LABEL: npu.kernel @
// CHECK-SAME:  memref<5x8xf16>
// CHECK-DAG:   npu.alloc {offset = {{[0-9]+}} : i64} : memref<{{.*}}xf16, "spad">
// CHECK-DAG:   npu.alloc {offset = {{[0-9]+}} : i64} : memref<{{.*}}xf32, "spad">
// CHECK:       npu.dma_load {{.*}} : memref<5x8xf16> to memref<{{.*}}xf16
// CHECK:       npu.preload %{{.*}} : memref<8x6xf16
// CHECK:       npu.matmul {{.*}} : memref<5x8xf16, {{.*}}>, memref<5x6xf32
// CHECK:       arith.truncf %{{.*}} : f32 to f16
// CHECK:       npu.dma_store {{.*}}xf16, {{.*}} to memref<5x6xf16>

// The graph moves two bytes for each.
// CHECK:       tog.load %{{.*}} walk [5 : 16, 8 : 2]
// CHECK:       tog.preload rows 8 cols 6
func.func @main(%a: tensor<5x8xf16>, %b: tensor<8x6xf16>) -> tensor<5x6xf16> {
  %e = tensor.empty() : tensor<5x6xf32>
  %c = arith.constant 0.0 : f32
  %z = linalg.fill ins(%c : f32) outs(%e : tensor<5x6xf32>) -> tensor<5x6xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<5x8xf16>, tensor<8x6xf16>) outs(%z : tensor<5x6xf32>) {
  ^bb0(%x: f16, %y: f16, %o: f32):
    %wx = arith.extf %x : f16 to f32
    %wy = arith.extf %y : f16 to f32
    %m = arith.mulf %wx, %wy : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<5x6xf32>
  %h = tensor.empty() : tensor<5x6xf16>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%p : tensor<5x6xf32>) outs(%h : tensor<5x6xf16>) {
  ^bb0(%x: f32, %o: f16):
    %n = arith.truncf %x : f32 to f16
    linalg.yield %n : f16
  } -> tensor<5x6xf16>
  func.return %r : tensor<5x6xf16>
}
