// RUN: npu-opt %s -p 'npu-group' --split-input-file | filecheck %s --check-prefix GROUP
// RUN: npu-opt %s -p 'npu-group,npu-map{machine=8x8},npu-tile{machine=8x8}' --split-input-file | filecheck %s

// Who computes a part alone stores it into the whole, at the columns of the part; what others read,
// too, is stored twice; an argument is copied.
// GROUP-LABEL: func.func @main
// GROUP:         %[[X:.*]] = npu.group @copy_4x5 ins(%x
// GROUP:         %r, %t, %[[R:.*]] = npu.group @elementwise_4x3 ins(%y
// GROUP:         tensor.concat dim(1) %[[X]], %[[R]], %t
// CHECK-LABEL: npu.kernel @copy_4x5(%in: memref<4x5xf32>, %out: memref<4x11xf32>)
// CHECK-NOT:     npu.compute
// CHECK:         npu.copy %{{.*}} to %out[0, 0] sizes [4, 5]
// CHECK-LABEL: npu.kernel @elementwise_4x3(%in: memref<4x3xf32>, %out: memref<4x3xf32>, %out_1: memref<4x11xf32>, %out_2: memref<4x11xf32>)
// CHECK:         npu.compute @elementwise_4x3_c0 {{.*}} outs(%[[R:.*]], %[[T:.*]] :
// CHECK-NOT:     npu.compute
// CHECK:         npu.copy %[[R]] to %out[0, 0] sizes [4, 3]
// CHECK:         npu.copy %[[T]] to %out_1[0, 8] sizes [4, 3]
// CHECK:         npu.copy %[[R]] to %out_2[0, 5] sizes [4, 3]
// CHECK-LABEL: func.func @main
// CHECK-NEXT:    %w = memref.alloc() : memref<4x11xf32>
// CHECK-NEXT:    npu.launch @copy_4x5(%x, %w)
// CHECK-NEXT:    %r = memref.alloc() : memref<4x3xf32>
// CHECK-NEXT:    npu.launch @elementwise_4x3(%y, %r, %w, %w)
// CHECK-NEXT:    func.return %w, %r
func.func @main(%x: tensor<4x5xf32>, %y: tensor<4x3xf32>) -> (tensor<4x11xf32>, tensor<4x3xf32>) {
  %e = tensor.empty() : tensor<4x3xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.addf %p, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%r : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.mulf %p, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %w = tensor.concat dim(1) %x, %r, %t : (tensor<4x5xf32>, tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x11xf32>
  func.return %w, %r : tensor<4x11xf32>, tensor<4x3xf32>
}

// -----

// Reshapes between a result and its whole: a column is stored in steps of a row's length. What is
// equal but for its place is a kernel of its own.
// GROUP-LABEL: func.func @main
// GROUP-COUNT-2: npu.group @elementwise_4x3
// CHECK-LABEL: npu.kernel @elementwise_4x3(%in: memref<4x3xf32>, %out: memref<4x6xf32>)
// CHECK:         npu.copy %{{.*}} to %out[0, 0] sizes [4, 3] steps [1, 2]
// CHECK-LABEL: npu.kernel @elementwise_4x3_1(%in: memref<4x3xf32>, %out: memref<4x6xf32>)
// CHECK:         npu.copy %{{.*}} to %out[0, 1] sizes [4, 3] steps [1, 2]
// CHECK-LABEL: func.func @main
// CHECK-NEXT:    %w = memref.alloc() : memref<4x3x2xf32>
// CHECK-NEXT:    %[[ALL:.*]] = memref.collapse_shape %w {{\[\[}}0 : i64, 1 : i64, 2 : i64]] : memref<4x3x2xf32> into memref<24xf32>
// CHECK-NEXT:    %[[V:.*]] = memref.expand_shape %[[ALL]] {{\[\[}}0 : i64, 1 : i64]] output_shape [4, 6] : memref<24xf32> into memref<4x6xf32>
// CHECK-NEXT:    npu.launch @elementwise_4x3(%x, %[[V]])
// CHECK:         npu.launch @elementwise_4x3_1(%y, %{{.*}})
// CHECK-NEXT:    func.return %w
func.func @main(%x: tensor<4x3xf32>, %y: tensor<4x3xf32>) -> tensor<4x3x2xf32> {
  %e = tensor.empty() : tensor<4x3xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.addf %p, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.addf %p, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %r1 = tensor.expand_shape %r [[0], [1, 2]] output_shape [4, 3, 1] : tensor<4x3xf32> into tensor<4x3x1xf32>
  %t1 = tensor.expand_shape %t [[0], [1, 2]] output_shape [4, 3, 1] : tensor<4x3xf32> into tensor<4x3x1xf32>
  %w = tensor.concat dim(2) %r1, %t1 : (tensor<4x3x1xf32>, tensor<4x3x1xf32>) -> tensor<4x3x2xf32>
  func.return %w : tensor<4x3x2xf32>
}

// -----

// Rows of 6 that a whole has between others do not start with any dimension of 4x6: they are copied,
// in as few dimensions as their place has. So is a whole that is a part of another.
// GROUP-LABEL: func.func @main
// GROUP:         %[[C:.*]] = tensor.collapse_shape %{{.*}} {{.*}} into tensor<2x12xf32>
// GROUP:         npu.group @copy_2x12 ins(%[[C]]
// GROUP:         npu.group @copy_2x6 ins(%{{.*}} : tensor<2x6xf32>)
// GROUP:         npu.group @copy_36 ins(%{{.*}} : tensor<36xf32>)
// CHECK-LABEL: npu.kernel @copy_2x12(%in: memref<2x12xf32>, %out: memref<2x18xf32>)
// CHECK:         npu.copy %{{.*}} to %out[0, 0] sizes [2, 12]
// CHECK-LABEL: npu.kernel @copy_2x6(%in: memref<2x6xf32>, %out: memref<2x18xf32>)
// CHECK:         npu.copy %{{.*}} to %out[0, 12] sizes [2, 6]
func.func @main(%x: tensor<4x6xf32>, %y: tensor<2x1x6xf32>) -> tensor<3x3x6xf32> {
  %e = tensor.empty() : tensor<4x6xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.addf %p, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %v = tensor.expand_shape %r [[0, 1], [2]] output_shape [2, 2, 6] : tensor<4x6xf32> into tensor<2x2x6xf32>
  %w = tensor.concat dim(1) %v, %y : (tensor<2x2x6xf32>, tensor<2x1x6xf32>) -> tensor<2x3x6xf32>
  %zero = arith.constant 0.0 : f32
  %f = tensor.empty() : tensor<1x3x6xf32>
  %z = linalg.fill ins(%zero : f32) outs(%f : tensor<1x3x6xf32>) -> tensor<1x3x6xf32>
  %u = tensor.concat dim(0) %z, %w : (tensor<1x3x6xf32>, tensor<2x3x6xf32>) -> tensor<3x3x6xf32>
  func.return %u : tensor<3x3x6xf32>
}
