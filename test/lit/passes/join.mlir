// RUN: npu-opt %s -p 'npu-group{machine=tpuv3}' --split-input-file | filecheck %s --check-prefix GROUP
// RUN: npu-opt %s -p 'npu-group{machine=tpuv3},npu-map{machine=tpuv3},npu-tile{machine=tpuv3}' --split-input-file | filecheck %s --check-prefix TILE
// RUN: npu-opt %s -p 'npu-group{machine=tpuv3},npu-map{machine=tpuv3},npu-tile{machine=tpuv3 watch=true}' --split-input-file | filecheck %s --check-prefix WATCH
// RUN: npu-opt %s -p npu-group --split-input-file | filecheck %s --check-prefix ALONE

// Two products with vector code between them are one group. Rows are the trunk; the columns of the
// second product are its own, those of the first one are shared and whole.
// GROUP-LABEL: func.func @main
// GROUP:         npu.group @matmul_matmul_96x24x40x56
// GROUP:           arith.mulf
// GROUP:           math.exp
// GROUP:           arith.mulf
// GROUP-NOT:     npu.group
// GROUP:         func.return
// TILE-LABEL:  npu.kernel @matmul_matmul_96x24x40x56
// TILE-SAME:     (%input: memref<96x24xf32>, %weight: memref<24x40xf32>, %weight_1: memref<40x56xf32>, %out: memref<96x56xf32>)
// TILE:          %[[P:.*]] = npu.alloc {{.*}}memref<1x96x40xf32, "spad">
// TILE:          npu.matmul
// TILE:          npu.compute
// TILE:          %[[ROWS:.*]] = memref.subview %[[P]]
// TILE:          npu.matmul %[[ROWS]]
// TILE:          npu.copy {{.*}} to %out
// TILE-NOT:      npu.copy {{.*}} to %
// TILE:          npu.return
// A watched kernel stores what its first stage leaves, too, where that stage ends.
// WATCH-LABEL: npu.kernel @matmul_matmul_96x24x40x56
// WATCH-SAME:    %weight_1: memref<40x56xf32>, %out: memref<96x56xf32>, %out_1: memref<96x40xf32>)
// WATCH:         npu.matmul
// WATCH:         npu.compute
// WATCH:         npu.copy {{.*}} to %out_1
// WATCH:         npu.matmul
// WATCH:         npu.copy {{.*}} to %out
// WATCH:         npu.return
// WATCH:         npu.launch @matmul_matmul_96x24x40x56(%x, %w, %v, %{{.*}}, %{{.*}})
// Without a machine nothing says what fits, and nothing is joined.
// ALONE-LABEL: func.func @main
// ALONE-COUNT-2: npu.group
func.func @main(%x: tensor<96x24xf32>, %w: tensor<24x40xf32>, %v: tensor<40x56xf32>) -> (tensor<96x56xf32>) {
  %zero = arith.constant 0.0 : f32
  %a_e = tensor.empty() : tensor<96x40xf32>
  %a_0 = linalg.fill ins(%zero : f32) outs(%a_e : tensor<96x40xf32>) -> tensor<96x40xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<96x24xf32>, tensor<24x40xf32>) outs(%a_0 : tensor<96x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<96x40xf32>
  %b_e = tensor.empty() : tensor<96x40xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<96x40xf32>) outs(%b_e : tensor<96x40xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = math.exp %p : f32
    linalg.yield %r : f32
  } -> tensor<96x40xf32>
  %c_e = tensor.empty() : tensor<96x56xf32>
  %c_0 = linalg.fill ins(%zero : f32) outs(%c_e : tensor<96x56xf32>) -> tensor<96x56xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%b, %v : tensor<96x40xf32>, tensor<40x56xf32>) outs(%c_0 : tensor<96x56xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<96x56xf32>
  func.return %c : tensor<96x56xf32>
}

// -----

// A sum over columns and what is divided by it stand behind a product, the row held whole.
// GROUP-LABEL: func.func @main
// GROUP:         npu.group @matmul_reduction_96x24x40
// GROUP-NOT:     npu.group
// GROUP:         func.return
// TILE-LABEL:  npu.kernel @matmul_reduction_96x24x40
// TILE:          npu.matmul
// TILE:          npu.compute
// TILE:            arith.addf
// TILE:            arith.divf
// TILE:          npu.return
func.func @main(%x: tensor<96x24xf32>, %w: tensor<24x40xf32>) -> (tensor<96x40xf32>) {
  %zero = arith.constant 0.0 : f32
  %a_e = tensor.empty() : tensor<96x40xf32>
  %a_0 = linalg.fill ins(%zero : f32) outs(%a_e : tensor<96x40xf32>) -> tensor<96x40xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<96x24xf32>, tensor<24x40xf32>) outs(%a_0 : tensor<96x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<96x40xf32>
  %t_e = tensor.empty() : tensor<96xf32>
  %t_0 = linalg.fill ins(%zero : f32) outs(%t_e : tensor<96xf32>) -> tensor<96xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<96x40xf32>) outs(%t_0 : tensor<96xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = arith.addf %p, %o : f32
    linalg.yield %r : f32
  } -> tensor<96xf32>
  %c_e = tensor.empty() : tensor<96x40xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%a, %t : tensor<96x40xf32>, tensor<96xf32>) outs(%c_e : tensor<96x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.divf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<96x40xf32>
  func.return %c : tensor<96x40xf32>
}

// -----

// Vector code in front of a product is computed once for a tile of rows: ahead of the columns' loops.
// GROUP-LABEL: func.func @main
// GROUP:         npu.group @reduction_matmul_96x24x300
// GROUP-NOT:     npu.group
// GROUP:         func.return
// TILE-LABEL:  npu.kernel @reduction_matmul_96x24x300
// TILE:          npu.compute
// TILE:          scf.for %n =
// TILE-NOT:      npu.compute
// TILE:          npu.return
func.func @main(%x: tensor<96x24xf32>, %w: tensor<24x300xf32>) -> (tensor<96x300xf32>) {
  %zero = arith.constant 0.0 : f32
  %t_e = tensor.empty() : tensor<96xf32>
  %t_0 = linalg.fill ins(%zero : f32) outs(%t_e : tensor<96xf32>) -> tensor<96xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<96x24xf32>) outs(%t_0 : tensor<96xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = arith.addf %p, %o : f32
    linalg.yield %r : f32
  } -> tensor<96xf32>
  %b_e = tensor.empty() : tensor<96x24xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%x, %t : tensor<96x24xf32>, tensor<96xf32>) outs(%b_e : tensor<96x24xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.divf %p, %q : f32
    linalg.yield %r : f32
  } -> tensor<96x24xf32>
  %c_e = tensor.empty() : tensor<96x300xf32>
  %c_0 = linalg.fill ins(%zero : f32) outs(%c_e : tensor<96x300xf32>) -> tensor<96x300xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%b, %w : tensor<96x24xf32>, tensor<24x300xf32>) outs(%c_0 : tensor<96x300xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<96x300xf32>
  func.return %c : tensor<96x300xf32>
}

// -----

// What another kernel, or the caller, reads as well has to be stored: no join.
// GROUP-LABEL: func.func @main
// GROUP-COUNT-2: npu.group
// GROUP:         func.return
func.func @main(%x: tensor<96x24xf32>, %w: tensor<24x40xf32>, %v: tensor<40x56xf32>) -> (tensor<96x56xf32>, tensor<96x40xf32>) {
  %zero = arith.constant 0.0 : f32
  %a_e = tensor.empty() : tensor<96x40xf32>
  %a_0 = linalg.fill ins(%zero : f32) outs(%a_e : tensor<96x40xf32>) -> tensor<96x40xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<96x24xf32>, tensor<24x40xf32>) outs(%a_0 : tensor<96x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<96x40xf32>
  %b_e = tensor.empty() : tensor<96x40xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<96x40xf32>) outs(%b_e : tensor<96x40xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = math.exp %p : f32
    linalg.yield %r : f32
  } -> tensor<96x40xf32>
  %c_e = tensor.empty() : tensor<96x56xf32>
  %c_0 = linalg.fill ins(%zero : f32) outs(%c_e : tensor<96x56xf32>) -> tensor<96x56xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%b, %v : tensor<96x40xf32>, tensor<40x56xf32>) outs(%c_0 : tensor<96x56xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<96x56xf32>
  func.return %c, %b : tensor<96x56xf32>, tensor<96x40xf32>
}

// -----

// A value that would leave the kernel and come back, here as a view of it, is no join: a cycle.
// GROUP-LABEL: func.func @main
// GROUP-COUNT-2: npu.group
// GROUP:         func.return
func.func @main(%x: tensor<40x24xf32>, %w: tensor<24x40xf32>) -> (tensor<40x40xf32>) {
  %zero = arith.constant 0.0 : f32
  %a_e = tensor.empty() : tensor<40x40xf32>
  %a_0 = linalg.fill ins(%zero : f32) outs(%a_e : tensor<40x40xf32>) -> tensor<40x40xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<40x24xf32>, tensor<24x40xf32>) outs(%a_0 : tensor<40x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<40x40xf32>
  %b_e = tensor.empty() : tensor<40x40xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<40x40xf32>) outs(%b_e : tensor<40x40xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = math.exp %p : f32
    linalg.yield %r : f32
  } -> tensor<40x40xf32>
  %f = tensor.collapse_shape %b [[0, 1]] : tensor<40x40xf32> into tensor<1600xf32>
  %g = tensor.expand_shape %f [[0, 1]] output_shape [40, 40] : tensor<1600xf32> into tensor<40x40xf32>
  %c_e = tensor.empty() : tensor<40x40xf32>
  %c_0 = linalg.fill ins(%zero : f32) outs(%c_e : tensor<40x40xf32>) -> tensor<40x40xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%b, %g : tensor<40x40xf32>, tensor<40x40xf32>) outs(%c_0 : tensor<40x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<40x40xf32>
  func.return %c : tensor<40x40xf32>
}

// -----

// What is made in a kernel may be rows, not weights: no join.
// GROUP-LABEL: func.func @main
// GROUP-COUNT-2: npu.group
// GROUP:         func.return
func.func @main(%x: tensor<96x24xf32>, %w: tensor<24x40xf32>, %v: tensor<56x96xf32>) -> (tensor<56x40xf32>) {
  %zero = arith.constant 0.0 : f32
  %a_e = tensor.empty() : tensor<96x40xf32>
  %a_0 = linalg.fill ins(%zero : f32) outs(%a_e : tensor<96x40xf32>) -> tensor<96x40xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<96x24xf32>, tensor<24x40xf32>) outs(%a_0 : tensor<96x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<96x40xf32>
  %b_e = tensor.empty() : tensor<96x40xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<96x40xf32>) outs(%b_e : tensor<96x40xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = math.exp %p : f32
    linalg.yield %r : f32
  } -> tensor<96x40xf32>
  %c_e = tensor.empty() : tensor<56x40xf32>
  %c_0 = linalg.fill ins(%zero : f32) outs(%c_e : tensor<56x40xf32>) -> tensor<56x40xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%v, %b : tensor<56x96xf32>, tensor<96x40xf32>) outs(%c_0 : tensor<56x40xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<56x40xf32>
  func.return %c : tensor<56x40xf32>
}

// -----

// Whole rows of what lies between do not fit the scratchpad: no join.
// GROUP-LABEL: func.func @main
// GROUP-COUNT-2: npu.group
// GROUP:         func.return
func.func @main(%x: tensor<8x4xf32>, %w: tensor<4x600000xf32>, %v: tensor<600000x4xf32>) -> (tensor<8x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %a_e = tensor.empty() : tensor<8x600000xf32>
  %a_0 = linalg.fill ins(%zero : f32) outs(%a_e : tensor<8x600000xf32>) -> tensor<8x600000xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<8x4xf32>, tensor<4x600000xf32>) outs(%a_0 : tensor<8x600000xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<8x600000xf32>
  %b_e = tensor.empty() : tensor<8x600000xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<8x600000xf32>) outs(%b_e : tensor<8x600000xf32>) {
  ^bb0(%p: f32, %o: f32):
    %r = math.exp %p : f32
    linalg.yield %r : f32
  } -> tensor<8x600000xf32>
  %c_e = tensor.empty() : tensor<8x4xf32>
  %c_0 = linalg.fill ins(%zero : f32) outs(%c_e : tensor<8x4xf32>) -> tensor<8x4xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%b, %v : tensor<8x600000xf32>, tensor<600000x4xf32>) outs(%c_0 : tensor<8x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<8x4xf32>
  func.return %c : tensor<8x4xf32>
}
