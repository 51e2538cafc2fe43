// RUN: npu-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// Scalar operations of f32 in a body; other types are refused.
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    // CHECK: %{{.*}} = npu.fmod %{{.*}}, %{{.*}} : f32
    %m = npu.fmod %a, %b : f32
    // CHECK-NEXT: %{{.*}} = npu.erfc %{{.*}} : f32
    %n = npu.erfc %m : f32
    // CHECK-NEXT: %{{.*}} = npu.lgamma %{{.*}} : f32
    %l = npu.lgamma %n : f32
    // CHECK-NEXT: %{{.*}} = npu.zeta %{{.*}}, %{{.*}} : f32
    %z = npu.zeta %l, %a : f32
    linalg.yield %z : f32
  } -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// -----

// CHECK: f32
func.func @wrong(%x: i32) -> i32 {
  %r = npu.fmod %x, %x : i32
  func.return %r : i32
}
