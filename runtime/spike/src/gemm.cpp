#include "gemm.h"

#include <algorithm>

// One body for every x86-64 level, chosen when the library is loaded. The build turns contraction
// to fused multiply-add off, so that the clones agree to the bit.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define NPU_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define NPU_CLONES
#endif

namespace npu {
namespace {

// A block of 4 x 32 sums fits in the vector registers of every level above the first.
constexpr std::size_t block_rows = 4;
constexpr std::size_t block_columns = 32;

}  // namespace

NPU_CLONES
void gemm(const float* input, const float* weight, float* result, GemmShape shape) {
    const auto [m, k, n] = shape;
    for (std::size_t column = 0; column < n; column += block_columns) {
        const std::size_t width = std::min(block_columns, n - column);
        for (std::size_t row = 0; row < m; row += block_rows) {
            const std::size_t height = std::min(block_rows, m - row);
            float sums[block_rows][block_columns] = {};
            if (height == block_rows && width == block_columns) {
                for (std::size_t i = 0; i < k; ++i) {
                    const float* w = weight + i * n + column;
                    for (std::size_t r = 0; r < block_rows; ++r) {
                        const float a = input[(row + r) * k + i];
                        for (std::size_t c = 0; c < block_columns; ++c) sums[r][c] += a * w[c];
                    }
                }
            } else {
                for (std::size_t i = 0; i < k; ++i) {
                    const float* w = weight + i * n + column;
                    for (std::size_t r = 0; r < height; ++r) {
                        const float a = input[(row + r) * k + i];
                        for (std::size_t c = 0; c < width; ++c) sums[r][c] += a * w[c];
                    }
                }
            }
            for (std::size_t r = 0; r < height; ++r) {
                std::copy_n(sums[r], width, result + (row + r) * n + column);
            }
        }
    }
}

}  // namespace npu
