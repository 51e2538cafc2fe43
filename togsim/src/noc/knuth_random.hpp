// The random numbers of standalone traffic: Knuth's lagged Fibonacci generators, which BookSim 2
// uses too, so that a seed gives the same packets here and there.
#pragma once

#include <array>
#include <cstdint>

namespace npu::togsim::noc {

// X[n] = X[n-100] - X[n-37] modulo 2^30 (whole numbers), or + modulo 2^52 (fractions, in units of
// 2^-52). Knuth, The Art of Computer Programming, volume 2, third edition (2002 printing), section
// 3.6: of every 1009 numbers the first 100 are used.
template <bool kFraction>
class KnuthRandom {
 public:
  explicit KnuthRandom(std::uint64_t seed);

  // The next number: below 2^30, or below 2^52 for fractions.
  std::uint64_t next();

 private:
  static constexpr std::size_t kLong = 100;
  static constexpr std::size_t kShort = 37;
  static constexpr std::size_t kBlock = 1009;
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << (kFraction ? 52U : 30U)) - 1;

  static std::uint64_t combined(std::uint64_t older, std::uint64_t newer) {
    return (kFraction ? older + newer : older - newer) & kMask;
  }
  void skip(std::size_t count);

  std::array<std::uint64_t, kLong> state_{};  // the last 100 numbers, the oldest first
  std::array<std::uint64_t, kLong> block_{};
  std::size_t used_ = kLong;
};

}  // namespace npu::togsim::noc
