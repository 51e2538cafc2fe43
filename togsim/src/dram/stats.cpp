#include "dram/stats.hpp"

#include <algorithm>

namespace npu::togsim::dram {

void LatencyHistogram::add(std::int64_t ticks) {
  const auto index = static_cast<std::size_t>(ticks);
  if (index >= counts_.size()) counts_.resize(std::max(index + 1, 2 * counts_.size()));
  ++counts_[index];
  min_ = count_ == 0 ? ticks : std::min(min_, ticks);
  max_ = std::max(max_, ticks);
  ++count_;
  sum_ += ticks;
}

std::int64_t LatencyHistogram::percentile(std::int64_t percent) const {
  const std::int64_t rank = std::max<std::int64_t>(1, (percent * count_ + 99) / 100);
  std::int64_t seen = 0;
  for (std::size_t ticks = 0; ticks < counts_.size(); ++ticks) {
    seen += counts_[ticks];
    if (seen >= rank) return static_cast<std::int64_t>(ticks);
  }
  return 0;
}

}  // namespace npu::togsim::dram
