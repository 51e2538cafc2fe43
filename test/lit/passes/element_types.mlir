// Buffers, transfers and tile functions have the elements of their tensors; a condition takes a byte.
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' | npu-opt | filecheck %s
// RUN: npu-opt %s -p 'npu-compile{machine=8x8}' -o %t.mlir
// RUN: npu-opt %t.mlir | diff %t.mlir -

// The mask is padded with what it is filled with, in its own type.
// CHECK-LABEL: npu.kernel @
// CHECK-SAME:  memref<5x9xi32>
// CHECK:       npu.alloc {offset = {{[0-9]+}} : i64} : memref<{{.*}}xi1, "spad">
// CHECK:       npu.dma_load {{.*}}fill = true
// CHECK-SAME:  memref<5x7xi1> to memref<{{.*}}xi1
// CHECK:       npu.compute
// CHECK:       arith.cmpi sgt, %{{.*}}, %{{.*}} : i32
// CHECK:       npu.dma_store {{.*}} to memref<5x9xi32>

// The graph moves a byte for each condition, four for each integer.
// CHECK:       tog.load %{{.*}} walk [5 : 7, 9 : 1 from -1 of 7]
// CHECK:       tog.load %{{.*}} walk [5 : 36, 9 : 4]
func.func @main(%m: tensor<5x7xi1>, %a: tensor<5x9xi32>) -> tensor<5x9xi32> {
  %p = tensor.pad %m low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    %t = arith.constant true
    tensor.yield %t : i1
  } : tensor<5x7xi1> to tensor<5x9xi1>
  %e = tensor.empty() : tensor<5x9xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%p, %a : tensor<5x9xi1>, tensor<5x9xi32>) outs(%e : tensor<5x9xi32>) {
  ^bb0(%c: i1, %x: i32, %o: i32):
    %zero = arith.constant 0 : i32
    %n = arith.subi %zero, %x : i32
    %g = arith.cmpi sgt, %x, %zero : i32
    %b = arith.andi %c, %g : i1
    %s = arith.select %b, %x, %n : i32
    linalg.yield %s : i32
  } -> tensor<5x9xi32>
  func.return %r : tensor<5x9xi32>
}
