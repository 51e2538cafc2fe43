// A clock: cycle numbers to picoseconds and back, in exact integer arithmetic.
#pragma once

#include <cstdint>

#include "error.hpp"
#include "units.hpp"

namespace npu::togsim {

// The length of a cycle: numerator / denominator picoseconds.
struct Period {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;

  bool operator==(const Period&) const = default;
};

// Of a clock of `mhz` MHz: 10^6 / mhz picoseconds.
[[nodiscard]] constexpr Period period_of_mhz(std::int64_t mhz) { return {1'000'000, mhz}; }

// Edge n lies at floor(n * period) picoseconds: computed from n, so it never drifts.
template <class CycleT>
class Clock {
 public:
  explicit Clock(Period period) : period_(period) {
    if (period.numerator <= 0 || period.denominator <= 0) {
      throw Error("a clock needs a positive frequency");
    }
    if (period.numerator < period.denominator) {
      throw Error("a clock above 1 THz has edges less than a picosecond apart");
    }
  }
  explicit Clock(std::int64_t freq_mhz) : Clock(period_of_mhz(freq_mhz)) {}

  [[nodiscard]] Picoseconds edge(CycleT cycle) const {
    return {scaled(cycle.n, period_.numerator) / period_.denominator};
  }

  // The first cycle whose edge is at `time` or after. As edges are rounded down,
  // edge(n) >= t is the same as n * period >= t for an integer t.
  [[nodiscard]] CycleT at_or_after(Picoseconds time) const {
    return {(scaled(time.n, period_.denominator) + period_.numerator - 1) / period_.numerator};
  }

  // The last cycle whose edge is at `time` or before.
  [[nodiscard]] CycleT at_or_before(Picoseconds time) const {
    return at_or_after(time + Picoseconds{1}) - CycleT{1};
  }

  [[nodiscard]] Period period() const { return period_; }

 private:
  static std::int64_t scaled(std::int64_t value, std::int64_t factor) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(value, factor, &product)) {
      throw Error("simulated time is beyond what 64 bits hold (about 2,000 seconds)");
    }
    return product;
  }

  Period period_;
};

}  // namespace npu::togsim
