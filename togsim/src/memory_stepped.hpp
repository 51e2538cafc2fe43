// The memory system with a network that is simulated cycle by cycle.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "channel_map.hpp"
#include "memory.hpp"
#include "memory_channel.hpp"
#include "memory_network.hpp"

namespace npu::togsim {

// `plain`: no cycle is skipped, and every part is the one without shortcuts.
class SteppedMemory final : public Memory {
 public:
  SteppedMemory(const MachineSpec& machine, bool plain)
      : SteppedMemory(machine, plain, make_memory_channels(machine, plain)) {}
  SteppedMemory(const MachineSpec& machine, bool plain, std::vector<MemoryChannel> channels);

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
  [[nodiscard]] const noc::NetworkStats* network_stats() const override {
    return network_->stats();
  }
  [[nodiscard]] std::string describe() const override;

 private:
  struct Sent {
    IcntCycle cycle;
    RequestId id;
  };

  void step();
  void send_requests();
  void accept(const std::vector<RequestId>& at_channels);
  void answer(std::size_t channel);
  void send_responses();
  void deliver(const std::vector<RequestId>& at_ports);
  [[nodiscard]] bool idle() const;

  bool plain_;
  IcntCycle latency_;            // of the simple network
  ChannelMap map_;
  std::unique_ptr<MemoryNetwork> network_;
  std::vector<MemoryChannel> channels_;
  Requests requests_;
  std::deque<Sent> sent_;        // by cores, to enter the network
  std::map<IcntCycle, std::vector<RequestId>> responses_;  // by the cycle in which they enter it
  IcntCycle now_;                // of the cores
  IcntCycle cycle_;              // received, not yet moved
  std::vector<RequestId> at_ports_;
  std::vector<RequestId> at_channels_;
  std::vector<Answer> new_answers_;
};

}  // namespace npu::togsim
