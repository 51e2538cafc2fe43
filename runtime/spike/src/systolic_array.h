// The functional systolic array: weights, queued inputs, results in push order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace npu {

// The types of npu.array.config, by number.
enum class ElementType : std::uint8_t { f32, bf16, f16 };
inline constexpr std::uint64_t element_type_count = 3;

// One weight-stationary array. Every function returns nullptr when it succeeds, else what the
// program did wrong (static text); after an error the state is unchanged.
class SystolicArray {
public:
    explicit SystolicArray(std::size_t lanes) : lanes_(lanes) {}

    // Starts a tile of k x n weights of a type.
    const char* configure(std::size_t k, std::size_t n, std::uint64_t type);
    // What the elements pushed are, whose values are given as f32.
    ElementType type() const { return type_; }
    // Appends weights, row-major.
    const char* push_weights(const float* values, std::size_t count);
    // Appends elements of the input rows (k each). Rows are multiplied when a result is asked for.
    const char* push_input(const float* values, std::size_t count);
    // Takes the next results (n for each complete input row).
    const char* pop(float* values, std::size_t count);
    // Forgets everything.
    void reset();

    std::uint64_t multiply_accumulates() const { return multiply_accumulates_; }

private:
    std::size_t results_ready() const { return results_.size() - popped_; }
    std::size_t pending_rows() const { return k_ == 0 ? 0 : input_.size() / k_; }
    void multiply_pending();

    std::size_t lanes_;
    std::size_t k_ = 0;
    std::size_t n_ = 0;
    ElementType type_ = ElementType::f32;
    std::vector<float> weights_;
    std::vector<float> input_;
    std::vector<float> results_;
    std::size_t popped_ = 0;
    std::uint64_t multiply_accumulates_ = 0;
};

}  // namespace npu
