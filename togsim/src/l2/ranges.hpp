// Ranges of blocks: what a plan wants cached, and which part of it a channel holds.
#pragma once

#include <cstdint>
#include <vector>

#include "memory/channel_map.hpp"

namespace npu::togsim::l2 {

struct BlockRange {  // from `first` up to, not including, `end`
  std::uint64_t first;
  std::uint64_t end;
  constexpr bool operator==(const BlockRange&) const = default;
};

// Of global blocks `range`, those of `channel`, as numbers inside it. The channels of a partition
// share out each aligned group of as many blocks, one each, so only the first and the last group of
// the range need a look.
BlockRange local_range(BlockRange range, const ChannelMap& map, std::uint32_t channel);

// A set of ranges that come and go; they may overlap.
class ActiveRanges {
 public:
  void add(BlockRange range);
  // One range that was added as such.
  void remove(BlockRange range);
  [[nodiscard]] bool overlap(BlockRange range) const;

 private:
  void merge();

  std::vector<BlockRange> added_;   // sorted by their start
  std::vector<BlockRange> merged_;  // the same blocks in ranges that do not touch
};

}  // namespace npu::togsim::l2
