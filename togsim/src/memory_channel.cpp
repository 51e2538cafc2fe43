#include "memory_channel.hpp"

#include <limits>
#include <utility>

namespace npu::togsim {

void MemoryChannel::advance(IcntCycle until, std::vector<Answer>& out) {
  completions_.clear();
  dram_->advance(crossing_.to_dram(until), completions_);
  for (const dram::Completion& done : completions_) {
    out.push_back({static_cast<RequestId>(done.id), crossing_.to_icnt(done.tick), true, done});
  }
}

IcntCycle MemoryChannel::next() const {
  constexpr IcntCycle kNoAnswer{std::numeric_limits<std::int64_t>::max()};
  return dram_->idle() ? kNoAnswer : crossing_.to_icnt(dram_->next());
}

std::vector<MemoryChannel> make_memory_channels(const MachineSpec& machine, bool plain) {
  const ClockCrossing crossing(Clock<IcntCycle>(machine.icnt_freq_mhz), dram_clock(machine));
  std::vector<MemoryChannel> channels;
  for (auto& dram : make_dram_channels(machine, plain)) {
    channels.emplace_back(crossing, std::move(dram));
  }
  return channels;
}

}  // namespace npu::togsim
