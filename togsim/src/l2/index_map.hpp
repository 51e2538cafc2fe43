// From a 64-bit key to a small index: open addressing, so that steady state allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace npu::togsim::l2 {

constexpr std::uint32_t kNone = 0xFFFF'FFFF;

// Nothing ever walks the map, so no order depends on the hash.
class IndexMap {
 public:
  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    for (std::size_t at = home(key); values_[at] != kNone; at = after(at)) {
      if (keys_[at] == key) return values_[at];
    }
    return kNone;
  }

  // `key` must not be in the map, `value` must not be kNone.
  void insert(std::uint64_t key, std::uint32_t value) {
    if (2 * (size_ + 1) > keys_.size()) grow();
    place(key, value);
    ++size_;
  }

  // `key` must be in the map.
  void erase(std::uint64_t key) {
    std::size_t hole = home(key);
    while (keys_[hole] != key || values_[hole] == kNone) hole = after(hole);
    // Whatever follows without a gap moves up, unless it would land ahead of its home.
    for (std::size_t at = after(hole); values_[at] != kNone; at = after(at)) {
      const std::size_t distance = (at - home(keys_[at])) & (keys_.size() - 1);
      if (distance < ((at - hole) & (keys_.size() - 1))) continue;
      keys_[hole] = keys_[at];
      values_[hole] = values_[at];
      hole = at;
    }
    values_[hole] = kNone;
    --size_;
  }

 private:
  static constexpr std::size_t kStart = 64;

  // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): 2^64 / golden ratio.
  [[nodiscard]] std::size_t home(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9E37'79B9'7F4A'7C15U) >> 20) & (keys_.size() - 1);
  }
  [[nodiscard]] std::size_t after(std::size_t at) const { return (at + 1) & (keys_.size() - 1); }

  void place(std::uint64_t key, std::uint32_t value) {
    std::size_t at = home(key);
    while (values_[at] != kNone) at = after(at);
    keys_[at] = key;
    values_[at] = value;
  }

  void grow() {
    const std::vector<std::uint64_t> keys = std::move(keys_);
    const std::vector<std::uint32_t> values = std::move(values_);
    keys_.assign(2 * keys.size(), 0);
    values_.assign(2 * values.size(), kNone);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (values[i] != kNone) place(keys[i], values[i]);
    }
  }

  std::vector<std::uint64_t> keys_ = std::vector<std::uint64_t>(kStart);
  std::vector<std::uint32_t> values_ = std::vector<std::uint32_t>(kStart, kNone);
  std::size_t size_ = 0;
};

}  // namespace npu::togsim::l2
