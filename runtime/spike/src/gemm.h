// The arithmetic of the systolic array.
#pragma once

#include <cstddef>

namespace npu {

struct GemmShape {
    std::size_t m;
    std::size_t k;
    std::size_t n;
};

// result[m][n] = input[m][k] * weight[k][n], all row-major f32. Each result starts from +0 and adds
// the products in ascending k, product and sum each rounded to f32: the same bits on every host.
void gemm(const float* input, const float* weight, float* result, GemmShape shape);

}  // namespace npu
