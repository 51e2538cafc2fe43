#include "systolic_array.h"

#include <algorithm>

#include "gemm.h"

namespace npu {

const char* SystolicArray::configure(std::size_t k, std::size_t n, std::uint64_t type) {
    if (type >= element_type_count) return "the weight tile is of no type that the array knows";
    if (k == 0 || n == 0) return "the weight tile has no rows or no columns";
    if (k > lanes_ || n > lanes_) return "the weight tile is larger than the array";
    if (results_ready() != 0) return "results of the previous weights were not popped";
    if (!input_.empty()) return "inputs of the previous weights were not used up";
    reset();
    k_ = k;
    n_ = n;
    type_ = static_cast<ElementType>(type);
    return nullptr;
}

const char* SystolicArray::push_weights(const float* values, std::size_t count) {
    if (weights_.size() + count > k_ * n_) return "more weights than the configured k x n";
    weights_.insert(weights_.end(), values, values + count);
    return nullptr;
}

const char* SystolicArray::push_input(const float* values, std::size_t count) {
    if (k_ == 0) return "an input before any weights";
    if (weights_.size() < k_ * n_) return "an input before all k x n weights";
    input_.insert(input_.end(), values, values + count);
    return nullptr;
}

const char* SystolicArray::pop(float* values, std::size_t count) {
    if (results_ready() + pending_rows() * n_ < count) {
        return "more results asked for than input rows pushed will give";
    }
    if (results_ready() < count) multiply_pending();
    std::copy_n(results_.data() + popped_, count, values);
    popped_ += count;
    if (results_ready() == 0) {
        results_.clear();
        popped_ = 0;
    }
    return nullptr;
}

void SystolicArray::reset() {
    k_ = n_ = 0;
    weights_.clear();
    input_.clear();
    results_.clear();
    popped_ = 0;
}

void SystolicArray::multiply_pending() {
    const std::size_t rows = pending_rows();
    results_.erase(results_.begin(), results_.begin() + static_cast<std::ptrdiff_t>(popped_));
    popped_ = 0;
    const std::size_t before = results_.size();
    results_.resize(before + rows * n_);
    gemm(input_.data(), weights_.data(), results_.data() + before, {rows, k_, n_});
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(rows * k_));
    multiply_accumulates_ += rows * k_ * n_;
}

}  // namespace npu
