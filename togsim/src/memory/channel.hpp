// A channel as the network sees it: requests come out of the network, answers go into it.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "memory/channel_map.hpp"
#include "memory/clock_crossing.hpp"
#include "memory/dram/channel.hpp"
#include "l2/cached_channel.hpp"
#include "memory/requests.hpp"
#include "units.hpp"

namespace npu::togsim {

// With an L2 the channel's slice stands between the network and the DRAM.
class MemoryChannel {
 public:
  MemoryChannel(const ClockCrossing& crossing, std::unique_ptr<DramChannel> dram)
      : crossing_(crossing), dram_(std::move(dram)) {}
  explicit MemoryChannel(std::unique_ptr<l2::CachedChannel> cached)
      : crossing_(cached->crossing()), cached_(std::move(cached)) {}

  // A request for block `block` of the channel has left the network in cycle `reached`. Requests
  // come in order, and not before the cycle reached by advance().
  void accept(IcntCycle reached, std::uint64_t block, bool write, RequestId id) {
    if (cached_) return cached_->accept(reached, block, write, id);
    dram_->push(crossing_.to_dram(reached), block, write, id);
  }

  // Simulates the cycles before `until`; appends at least the answers that return at `until` or
  // before, in order of their times.
  void advance(IcntCycle until, std::vector<Answer>& out);

  // No answer returns before this cycle unless a request is accepted.
  [[nodiscard]] IcntCycle next() const;
  static constexpr IcntCycle kNoAnswer{std::numeric_limits<std::int64_t>::max()};

  [[nodiscard]] bool idle() const { return cached_ ? cached_->idle() : dram_->idle(); }
  [[nodiscard]] const DramChannel& dram() const { return cached_ ? cached_->dram() : *dram_; }
  // The channel with its slice; null without an L2.
  [[nodiscard]] l2::CachedChannel* cached() { return cached_.get(); }
  [[nodiscard]] const l2::CachedChannel* cached() const { return cached_.get(); }

 private:
  ClockCrossing crossing_;
  std::unique_ptr<DramChannel> dram_;            // one of these two is null
  std::unique_ptr<l2::CachedChannel> cached_;
  std::vector<dram::Completion> completions_;  // kept for its memory
};

// Whether no channel will answer anything that it has accepted.
[[nodiscard]] bool all_quiet(const std::vector<MemoryChannel>& channels);

std::vector<MemoryChannel> make_memory_channels(const MachineSpec& machine, bool plain);

// The slices hold blocks from `cycle` on, or hold them no more; no channel has simulated it yet. A
// range is held from the first cycle in which a request for it can come, and released a cycle
// later, which for the last launch of all is after the end of the statistics.
void set_cached_in(std::vector<MemoryChannel>& channels, const ChannelMap& map, IcntCycle cycle,
                   l2::BlockRange blocks, bool cached);

// The counts of the channels' slices; empty without an L2.
std::vector<l2::SliceStats> slice_stats_of(const std::vector<MemoryChannel>& channels);

}  // namespace npu::togsim
