#include "ranges.hpp"

#include <algorithm>

#include "../error.hpp"

namespace npu::togsim::l2 {

BlockRange local_range(BlockRange range, const ChannelMap& map, std::uint32_t channel) {
  // The channel's first block, by its number inside, that is not below global block `bound`.
  const auto first_from = [&](std::uint64_t bound) {
    const std::uint64_t inside = map.inside(bound);
    return map.block(channel, inside) >= bound ? inside : inside + 1;
  };
  return {first_from(range.first), first_from(range.end)};
}

void ActiveRanges::add(BlockRange range) {
  if (range.first >= range.end) return;
  const auto at = std::upper_bound(added_.begin(), added_.end(), range,
                                   [](BlockRange a, BlockRange b) { return a.first < b.first; });
  added_.insert(at, range);
  merge();
}

void ActiveRanges::remove(BlockRange range) {
  if (range.first >= range.end) return;
  const auto at = std::find(added_.begin(), added_.end(), range);
  if (at == added_.end()) throw Error("l2: a range is released that was not activated");
  added_.erase(at);
  merge();
}

bool ActiveRanges::overlap(BlockRange range) const {
  const auto at = std::upper_bound(merged_.begin(), merged_.end(), range.first,
                                   [](std::uint64_t block, BlockRange r) { return block < r.end; });
  return at != merged_.end() && at->first < range.end;
}

void ActiveRanges::merge() {
  merged_.clear();
  for (const BlockRange range : added_) {
    if (!merged_.empty() && range.first <= merged_.back().end) {
      merged_.back().end = std::max(merged_.back().end, range.end);
    } else {
      merged_.push_back(range);
    }
  }
}

}  // namespace npu::togsim::l2
