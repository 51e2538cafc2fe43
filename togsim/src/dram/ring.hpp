// A queue in a ring of memory: grows when full, allocates nothing otherwise.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace npu::togsim::dram {

template <class T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const T& front() const { return slots_[first_]; }
  [[nodiscard]] const T& back() const { return slots_[at(size_ - 1)]; }

  void push(const T& value) {
    if (size_ == slots_.size()) grow();
    slots_[at(size_)] = value;
    ++size_;
  }

  void pop() {
    first_ = at(1);
    --size_;
  }

 private:
  // The number of slots is a power of two.
  [[nodiscard]] std::size_t at(std::size_t n) const { return (first_ + n) & (slots_.size() - 1); }

  void grow() {
    std::vector<T> larger(slots_.empty() ? 16 : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(slots_[at(i)]);
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace npu::togsim::dram
