// What happens a bounded number of cycles ahead: one list a cycle, used round and round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace npu::togsim::noc {

template <class Item>
class Wheel {
 public:
  // Items may be due up to `reach` cycles after the cycle in which they are added.
  explicit Wheel(std::int64_t reach) {
    std::size_t size = 1;
    while (size <= static_cast<std::size_t>(reach)) size *= 2;
    slots_.resize(size);
  }

  void add(std::int64_t cycle, const Item& item) {
    slots_[static_cast<std::size_t>(cycle) & (slots_.size() - 1)].push_back(item);
    ++size_;
  }

  // The items due in `cycle`, in the order in which they were added; clear_due() ends with them.
  [[nodiscard]] const std::vector<Item>& due(std::int64_t cycle) const {
    return slots_[static_cast<std::size_t>(cycle) & (slots_.size() - 1)];
  }
  void clear_due(std::int64_t cycle) {
    std::vector<Item>& slot = slots_[static_cast<std::size_t>(cycle) & (slots_.size() - 1)];
    size_ -= slot.size();
    slot.clear();
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::vector<std::vector<Item>> slots_;
  std::size_t size_ = 0;
};

}  // namespace npu::togsim::noc
