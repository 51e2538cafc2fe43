// The memory system with the simple network: channels are simulated apart, a window at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "channel_map.hpp"
#include "memory.hpp"
#include "memory_channel.hpp"
#include "response_ports.hpp"

namespace npu::togsim {

// Nothing that a core sends reaches a channel before the network's latency has passed, and no
// answer of a channel reaches a core before it has passed once more. So, when all responses up to
// network cycle R are known, no core can send before R + 1, every channel may be simulated up to
// R + 1 + latency, and that tells all responses up to R + 1 + 2 * latency.
class WindowedMemory final : public Memory {
 public:
  explicit WindowedMemory(const MachineSpec& machine)
      : WindowedMemory(machine, make_memory_channels(machine, false)) {}
  WindowedMemory(const MachineSpec& machine, std::vector<MemoryChannel> channels);

  void begin(Picoseconds now) override { now_ = icnt_clock_.at_or_after(now); }
  std::size_t send(TransferId transfer, std::size_t port, bool write,
                   RequestStream& stream) override;
  bool advance(Picoseconds next_core) override;
  void finish(Picoseconds end) override;
  [[nodiscard]] std::vector<ChannelStats> channel_stats() const override;
  void set_cached(Picoseconds now, l2::BlockRange blocks, bool cached) override {
    const IcntCycle first = icnt_clock_.at_or_after(now) + latency_;
    set_cached_in(channels_, map_, cached ? first : first + IcntCycle{1}, blocks, cached);
  }
  [[nodiscard]] std::vector<l2::SliceStats> slice_stats() const override {
    return slice_stats_of(channels_);
  }
  [[nodiscard]] std::string describe() const override;

 private:
  void simulate_channels(IcntCycle until);

  ChannelMap map_;
  IcntCycle latency_;
  std::vector<MemoryChannel> channels_;
  std::vector<IcntCycle> channel_free_;  // when the network can next hand a request to it
  Requests requests_;
  ResponsePorts responses_;
  IcntCycle now_;                        // of the cores
  std::vector<Answer> new_answers_;
  std::vector<Response> served_;
};

}  // namespace npu::togsim
