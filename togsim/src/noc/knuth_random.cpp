#include "noc/knuth_random.hpp"

#include <vector>

namespace npu::togsim::noc {

namespace {

constexpr int kSquarings = 69;  // seeds lie at least 2^70 numbers apart

}  // namespace

// The start of the sequence is a polynomial power: squarings, and a product with z for each bit of
// the seed, modulo z^100 + z^37 + 1 (the same section).
template <bool kFraction>
KnuthRandom<kFraction>::KnuthRandom(std::uint64_t seed) {
  std::uint64_t bits = seed & ((std::uint64_t{1} << 30U) - 1);
  std::vector<std::uint64_t> x(2 * kLong, 0);
  std::uint64_t value = kFraction ? 2 * (bits + 2) : (bits + 2) & (kMask - 1);
  for (std::size_t j = 0; j < kLong; ++j) {
    x[j] = value;
    value *= 2;
    if (value > kMask) value -= kMask - 1;
  }
  ++x[1];
  for (int left = kSquarings; left > 0;) {
    for (std::size_t j = kLong - 1; j > 0; --j) {
      x[2 * j] = x[j];
      x[2 * j - 1] = 0;
    }
    for (std::size_t j = 2 * kLong - 2; j >= kLong; --j) {
      x[j - (kLong - kShort)] = combined(x[j - (kLong - kShort)], x[j]);
      x[j - kLong] = combined(x[j - kLong], x[j]);
    }
    if ((bits & 1U) != 0) {
      for (std::size_t j = kLong; j > 0; --j) x[j] = x[j - 1];
      x[0] = x[kLong];
      x[kShort] = combined(x[kShort], x[kLong]);
    }
    if (bits != 0) {
      bits >>= 1U;
    } else {
      --left;
    }
  }
  for (std::size_t j = 0; j < kShort; ++j) state_[j + kLong - kShort] = x[j];
  for (std::size_t j = kShort; j < kLong; ++j) state_[j - kShort] = x[j];
  for (int i = 0; i < 10; ++i) skip(2 * kLong - 1);
}

// Moves on by `count` numbers: the state becomes the 100 numbers behind them.
template <bool kFraction>
void KnuthRandom<kFraction>::skip(std::size_t count) {
  std::vector<std::uint64_t> x(state_.begin(), state_.end());
  x.resize(count + kLong);
  for (std::size_t j = kLong; j < x.size(); ++j) x[j] = combined(x[j - kLong], x[j - kShort]);
  for (std::size_t j = 0; j < kLong; ++j) state_[j] = x[count + j];
}

template <bool kFraction>
std::uint64_t KnuthRandom<kFraction>::next() {
  if (used_ == kLong) {
    block_ = state_;
    skip(kBlock);
    used_ = 0;
  }
  return block_[used_++];
}

template class KnuthRandom<false>;
template class KnuthRandom<true>;

}  // namespace npu::togsim::noc
