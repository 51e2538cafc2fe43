// The periods in which figures are printed: which one a cycle lies in.
#pragma once

#include <cstddef>
#include <cstdint>

namespace npu::togsim {

// More periods are refused: each is kept, for every core or channel, until the end.
constexpr std::int64_t kMaxPeriods = std::int64_t{1} << 20;

// The period of `cycle`, where periods are `length` cycles. Throws Error, naming `key` of the machine
// description, when there are more than kMaxPeriods up to there.
[[nodiscard]] std::size_t period_of(std::int64_t cycle, std::int64_t length, const char* key);

}  // namespace npu::togsim
