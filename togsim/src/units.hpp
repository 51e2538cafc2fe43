// Counts that must not be mixed: simulated time, and cycles of each clock.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace npu::togsim {

// A signed count with a unit. Differences have the same unit; only counts of one unit compare.
template <class Tag>
struct Count {
  std::int64_t n = 0;

  constexpr auto operator<=>(const Count&) const = default;
  constexpr Count operator+(Count other) const { return {n + other.n}; }
  constexpr Count operator-(Count other) const { return {n - other.n}; }
  constexpr Count& operator+=(Count other) { n += other.n; return *this; }
};

using Picoseconds = Count<struct PicosecondsTag>;
constexpr Picoseconds kNever{std::numeric_limits<std::int64_t>::max()};
using CoreCycle = Count<struct CoreTag>;
using IcntCycle = Count<struct IcntTag>;
using DramCycle = Count<struct DramTag>;

}  // namespace npu::togsim
