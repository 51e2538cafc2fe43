#include "memory/channel.hpp"

#include <algorithm>
#include <utility>

namespace npu::togsim {

void MemoryChannel::advance(IcntCycle until, std::vector<Answer>& out) {
  if (cached_) return cached_->advance(until, out);
  completions_.clear();
  dram_->advance(crossing_.to_dram(until), completions_);
  for (const dram::Completion& done : completions_) {
    out.push_back({static_cast<RequestId>(done.id), crossing_.to_icnt(done.tick), true, done});
  }
}

IcntCycle MemoryChannel::next() const {
  if (cached_) return cached_->next();
  return dram_->idle() ? kNoAnswer : crossing_.to_icnt(dram_->next());
}

bool all_quiet(const std::vector<MemoryChannel>& channels) {
  return std::ranges::all_of(channels, [](const MemoryChannel& channel) {
    return channel.next() == MemoryChannel::kNoAnswer;
  });
}

std::vector<MemoryChannel> make_memory_channels(const MachineSpec& machine, bool plain) {
  const ClockCrossing crossing(Clock<IcntCycle>(machine.icnt_freq_mhz), dram_clock(machine));
  std::vector<MemoryChannel> channels;
  for (auto& dram : make_dram_channels(machine, plain)) {
    if (machine.l2d_model) {
      channels.emplace_back(std::make_unique<l2::CachedChannel>(
          *machine.l2d_model, machine.l2d_hit_latency, crossing, std::move(dram), plain));
    } else {
      channels.emplace_back(crossing, std::move(dram));
    }
  }
  return channels;
}

// Channels of another NUMA partition than the blocks' own never see them, and lose nothing.
void set_cached_in(std::vector<MemoryChannel>& channels, const ChannelMap& map, IcntCycle cycle,
                   l2::BlockRange blocks, bool cached) {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (channels[i].cached() == nullptr) continue;
    const auto inside = l2::local_range(blocks, map, static_cast<std::uint32_t>(i));
    channels[i].cached()->set_cached(cycle, inside, cached);
  }
}

std::vector<l2::SliceStats> slice_stats_of(const std::vector<MemoryChannel>& channels) {
  std::vector<l2::SliceStats> stats;
  for (const MemoryChannel& channel : channels) {
    if (channel.cached() != nullptr) stats.push_back(channel.cached()->slice().stats());
  }
  return stats;
}

}  // namespace npu::togsim
