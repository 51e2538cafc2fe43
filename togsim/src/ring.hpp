// A queue in one block of memory that grows and is used again: nothing is allocated in steady state.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace npu::togsim {

template <class T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const T& front() const { return slots_[first_]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return slots_[place(i)]; }

  void push(const T& item) {
    if (size_ == slots_.size()) grow();
    slots_[place(size_++)] = item;
  }

  void pop() {
    first_ = place(1);
    --size_;
  }

 private:
  // The slots are a power of two.
  [[nodiscard]] std::size_t place(std::size_t i) const {
    return (first_ + i) & (slots_.size() - 1);
  }

  void grow() {
    std::vector<T> larger(slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = slots_[place(i)];
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_ = std::vector<T>(16);
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace npu::togsim
