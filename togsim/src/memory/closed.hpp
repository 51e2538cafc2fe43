// Simple network and simple DRAM: the whole way of a request is known when it is sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/channel_map.hpp"
#include "memory/clock_crossing.hpp"
#include "memory/dram.hpp"
#include "memory/memory.hpp"
#include "core/slot_calendar.hpp"

namespace npu::togsim {

// The network has a fixed latency each way; each destination (a channel, or a port of a core)
// accepts one request or response a network cycle, the oldest first. Channels are first in, first
// out. So there are no events for requests.
class ClosedMemory final : public Memory {
 public:
  explicit ClosedMemory(const MachineSpec& machine);

  void begin(Picoseconds now) override { now_ = icnt_clock_.at_or_after(now); }
  std::size_t send(TransferId transfer, std::size_t port, bool write,
                   RequestStream& stream) override;
  bool advance(Picoseconds) override { return false; }
  void finish(Picoseconds) override {}
  [[nodiscard]] std::vector<ChannelStats> channel_stats() const override { return dram_.stats(); }
  [[nodiscard]] std::string describe() const override { return {}; }

 private:
  Timeline request(std::size_t core_port, std::uint32_t channel, bool write);

  Dram dram_;
  ChannelMap map_;
  ClockCrossing crossing_;
  IcntCycle latency_;
  IcntCycle now_;
  std::vector<IcntCycle> channel_free_;  // when each channel's input accepts again
  std::vector<SlotCalendar> core_ports_;
};

}  // namespace npu::togsim
