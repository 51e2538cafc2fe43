#include "periods.hpp"

#include <string>

#include "error.hpp"

namespace npu::togsim {

std::size_t period_of(std::int64_t cycle, std::int64_t length, const char* key) {
  const std::int64_t period = cycle / length;
  if (period < kMaxPeriods) return static_cast<std::size_t>(period);
  throw Error("cycle " + std::to_string(cycle) + " lies in period " + std::to_string(period) +
              " of " + std::to_string(length) + " cycles; expected at most " +
              std::to_string(kMaxPeriods) + " periods: make " + key +
              " of the machine larger, or 0 for none");
}

}  // namespace npu::togsim
