// Round robin over sets of bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace npu::togsim::noc {

inline std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << (index % 64); }

inline std::size_t lowest(std::uint64_t word) {
  return static_cast<std::size_t>(std::countr_zero(word));
}

// The first set bit of a non-empty word at `start` (below 64) or after, else its lowest one.
inline std::size_t first_from(std::uint64_t word, std::size_t start) {
  const std::uint64_t after = word & (~std::uint64_t{0} << start);
  return lowest(after != 0 ? after : word);
}

// Rows of bits of one length, each scanned round robin.
class BitRows {
 public:
  BitRows() = default;
  BitRows(std::size_t rows, std::size_t length)
      : words_((length + 63) / 64), bits_(rows * words_, 0) {}

  void set(std::size_t row, std::size_t index) { word(row, index) |= bit(index); }
  void clear(std::size_t row, std::size_t index) { word(row, index) &= ~bit(index); }
  void clear_row(std::size_t row) {
    for (std::size_t w = 0; w < words_; ++w) bits_[row * words_ + w] = 0;
  }
  [[nodiscard]] bool has(std::size_t row, std::size_t index) const {
    return (bits_[row * words_ + index / 64] & bit(index)) != 0;
  }
  [[nodiscard]] bool empty(std::size_t row) const {
    for (std::size_t w = 0; w < words_; ++w) {
      if (bits_[row * words_ + w] != 0) return false;
    }
    return true;
  }

  // The first bit of the row that is set and, in row `hidden_row` of `hidden`, clear: at `start`
  // or after, else from 0 on. kNone if there is none.
  static constexpr std::size_t kNone = ~std::size_t{0};
  [[nodiscard]] std::size_t first_from(std::size_t row, std::size_t start, const BitRows& hidden,
                                       std::size_t hidden_row) const {
    const std::uint64_t* mine = &bits_[row * words_];
    const std::uint64_t* out = &hidden.bits_[hidden_row * words_];
    if (words_ == 1) {
      const std::uint64_t left = *mine & ~*out;
      return left == 0 ? kNone : noc::first_from(left, start);
    }
    const std::size_t first = start / 64;
    const std::uint64_t tail = ~std::uint64_t{0} << (start % 64);
    const std::uint64_t head = mine[first] & ~out[first];
    if ((head & tail) != 0) return first * 64 + lowest(head & tail);
    for (std::size_t w = first + 1; w < words_; ++w) {
      const std::uint64_t left = mine[w] & ~out[w];
      if (left != 0) return w * 64 + lowest(left);
    }
    for (std::size_t w = 0; w < first; ++w) {
      const std::uint64_t left = mine[w] & ~out[w];
      if (left != 0) return w * 64 + lowest(left);
    }
    return head != 0 ? first * 64 + lowest(head) : kNone;
  }

  // Calls visit(index) for each set bit of the row, in order.
  template <class Visit>
  void each(std::size_t row, Visit visit) const {
    for (std::size_t w = 0; w < words_; ++w) {
      for (std::uint64_t left = bits_[row * words_ + w]; left != 0; left &= left - 1) {
        visit(w * 64 + lowest(left));
      }
    }
  }

 private:
  std::uint64_t& word(std::size_t row, std::size_t index) {
    return bits_[row * words_ + index / 64];
  }

  std::size_t words_ = 0;
  std::vector<std::uint64_t> bits_;
};

}  // namespace npu::togsim::noc
