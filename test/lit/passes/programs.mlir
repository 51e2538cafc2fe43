// RUN: npu-opt %s -p 'npu-group{unfused=true}' --split-input-file | filecheck %s
// RUN: npu-opt %s -p 'npu-group{unfused=true joins=ends machine=tpuv3}' --split-input-file | filecheck %s --check-prefix=ENDS
// RUN: not npu-opt %s -p 'npu-group{joins=all}' --split-input-file 2>&1 | filecheck %s --check-prefix=JOINS
// JOINS: error: npu-group: unknown joins 'all'; expected gain, ends

// Softmax is three programs: the exponentials are computed where they are summed, and again where
// they are divided. Only reduced rows, and the result, are stored.
// CHECK-LABEL: func.func @main
// CHECK:         %[[M:.*]] = npu.group @{{.*}} ins(%x : tensor<7x40xf32>)
// CHECK:           arith.maximumf
// CHECK:         } {{.*}}: tensor<7xf32>
// CHECK:         %[[S:.*]] = npu.group @{{.*}} ins(%x, %[[M]] : tensor<7x40xf32>, tensor<7xf32>)
// CHECK:           arith.subf
// CHECK-NEXT:      math.exp
// CHECK:           arith.addf
// CHECK:         } {{.*}}: tensor<7xf32>
// CHECK:         npu.group @{{.*}} ins(%x, %[[M]], %[[S]] : tensor<7x40xf32>, tensor<7xf32>, tensor<7xf32>)
// CHECK:           arith.subf
// CHECK-NEXT:      math.exp
// CHECK-NEXT:      arith.divf
// CHECK-NOT:     npu.group
// CHECK:         func.return
func.func @main(%x: tensor<7x40xf32>) -> tensor<7x40xf32> {
  %low = arith.constant 0xff800000 : f32
  %zero = arith.constant 0.0 : f32
  %row = tensor.empty() : tensor<7xf32>
  %all = tensor.empty() : tensor<7x40xf32>
  %m0 = linalg.fill ins(%low : f32) outs(%row : tensor<7xf32>) -> tensor<7xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<7x40xf32>) outs(%m0 : tensor<7xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = arith.maximumf %p, %o : f32
    linalg.yield %r : f32
  } -> tensor<7xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %m : tensor<7x40xf32>, tensor<7xf32>) outs(%all : tensor<7x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.subf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<7x40xf32>
  %e = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%d : tensor<7x40xf32>) outs(%all : tensor<7x40xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = math.exp %p : f32
    linalg.yield %r : f32
  } -> tensor<7x40xf32>
  %s0 = linalg.fill ins(%zero : f32) outs(%row : tensor<7xf32>) -> tensor<7xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%e : tensor<7x40xf32>) outs(%s0 : tensor<7xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = arith.addf %p, %o : f32
    linalg.yield %r : f32
  } -> tensor<7xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%e, %s : tensor<7x40xf32>, tensor<7xf32>) outs(%all : tensor<7x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.divf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<7x40xf32>
  func.return %y : tensor<7x40xf32>
}

// -----

// The scale of a norm is a program of its own, behind the stored rows.
// CHECK-LABEL: func.func @main
// CHECK:         %[[S:.*]] = npu.group @{{.*}} ins(%x : tensor<7x40xf32>)
// CHECK:           arith.addf
// CHECK:         %[[D:.*]] = npu.group @{{.*}} ins(%x, %[[S]] : tensor<7x40xf32>, tensor<7xf32>)
// CHECK:           arith.subf
// CHECK:         %[[Y:.*]] = npu.group @{{.*}} ins(%[[D]], %w : tensor<7x40xf32>, tensor<40xf32>)
// CHECK:           arith.mulf
// CHECK:         func.return %[[Y]]
func.func @main(%x: tensor<7x40xf32>, %w: tensor<40xf32>) -> tensor<7x40xf32> {
  %zero = arith.constant 0.0 : f32
  %row = tensor.empty() : tensor<7xf32>
  %all = tensor.empty() : tensor<7x40xf32>
  %s0 = linalg.fill ins(%zero : f32) outs(%row : tensor<7xf32>) -> tensor<7xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<7x40xf32>) outs(%s0 : tensor<7xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = arith.addf %p, %o : f32
    linalg.yield %r : f32
  } -> tensor<7xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, %s : tensor<7x40xf32>, tensor<7xf32>) outs(%all : tensor<7x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.subf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<7x40xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%d, %w : tensor<7x40xf32>, tensor<40xf32>) outs(%all : tensor<7x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<7x40xf32>
  func.return %y : tensor<7x40xf32>
}

// -----

// The maximum of each row joins the product that makes the rows, which are stored, too. Elementwise
// work on the rows of the second product joins that.
// CHECK-LABEL: func.func @main
// CHECK-COUNT-4: npu.group
// ENDS-LABEL:  func.func @main
// ENDS:          %[[M:.*]], %[[P:.*]] = npu.group @{{.*}} ins(%a, %b : tensor<9x8xf32>, tensor<8x40xf32>)
// ENDS:            arith.addf
// ENDS:            arith.maximumf
// ENDS:            npu.yield %{{.*}}, %{{.*}} : tensor<9xf32>, tensor<9x40xf32>
// ENDS:          npu.group @{{.*}} ins(%[[P]], %[[M]], %c : tensor<9x40xf32>, tensor<9xf32>, tensor<40x5xf32>)
// ENDS:            arith.subf
// ENDS:            arith.addf
// ENDS-NOT:      npu.group
// ENDS:          func.return
func.func @main(%a: tensor<9x8xf32>, %b: tensor<8x40xf32>, %c: tensor<40x5xf32>) -> tensor<9x5xf32> {
  %low = arith.constant 0xff800000 : f32
  %zero = arith.constant 0.0 : f32
  %row = tensor.empty() : tensor<9xf32>
  %all = tensor.empty() : tensor<9x40xf32>
  %out = tensor.empty() : tensor<9x5xf32>
  %p0 = linalg.fill ins(%zero : f32) outs(%all : tensor<9x40xf32>) -> tensor<9x40xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<9x8xf32>, tensor<8x40xf32>) outs(%p0 : tensor<9x40xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %r = arith.mulf %x, %y : f32
    %t = arith.addf %o, %r : f32
    linalg.yield %t : f32
  } -> tensor<9x40xf32>
  %m0 = linalg.fill ins(%low : f32) outs(%row : tensor<9xf32>) -> tensor<9xf32>
  %m = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<9x40xf32>) outs(%m0 : tensor<9xf32>) {
  ^bb0(%x: f32, %o: f32):
    %r = arith.maximumf %x, %o : f32
    linalg.yield %r : f32
  } -> tensor<9xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%p, %m : tensor<9x40xf32>, tensor<9xf32>) outs(%all : tensor<9x40xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %r = arith.subf %x, %y : f32
    linalg.yield %r : f32
  } -> tensor<9x40xf32>
  %q0 = linalg.fill ins(%zero : f32) outs(%out : tensor<9x5xf32>) -> tensor<9x5xf32>
  %q = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%d, %c : tensor<9x40xf32>, tensor<40x5xf32>) outs(%q0 : tensor<9x5xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %r = arith.mulf %x, %y : f32
    %t = arith.addf %o, %r : f32
    linalg.yield %t : f32
  } -> tensor<9x5xf32>
  func.return %q : tensor<9x5xf32>
}
