// A clock: cycle numbers to picoseconds and back, in exact integer arithmetic.
#pragma once

#include <cstdint>

#include "error.hpp"
#include "units.hpp"

namespace npu::togsim {

// Edge n lies at floor(n * 10^6 / MHz) picoseconds: computed from n, so it never drifts.
template <class CycleT>
class Clock {
 public:
  explicit Clock(std::int64_t freq_mhz) : freq_mhz_(freq_mhz) {
    if (freq_mhz <= 0) throw Error("a clock needs a positive frequency in MHz");
  }

  [[nodiscard]] Picoseconds edge(CycleT cycle) const {
    return {scaled(cycle.n, kPicosPerMicro) / freq_mhz_};
  }

  // The first cycle whose edge is at `time` or after. As edges are rounded down,
  // edge(n) >= t is the same as n * 10^6 / MHz >= t for an integer t.
  [[nodiscard]] CycleT at_or_after(Picoseconds time) const {
    return {(scaled(time.n, freq_mhz_) + kPicosPerMicro - 1) / kPicosPerMicro};
  }

  [[nodiscard]] std::int64_t freq_mhz() const { return freq_mhz_; }

 private:
  static constexpr std::int64_t kPicosPerMicro = 1'000'000;

  static std::int64_t scaled(std::int64_t value, std::int64_t factor) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(value, factor, &product)) {
      throw Error("simulated time is beyond what 64 bits hold (about 2,000 seconds)");
    }
    return product;
  }

  std::int64_t freq_mhz_;
};

}  // namespace npu::togsim
