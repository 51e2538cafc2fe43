// From a core's DMA engine through the simple network to the DRAM and back.
#pragma once

#include <cstdint>
#include <vector>

#include "clock.hpp"
#include "dram.hpp"
#include "machine.hpp"
#include "slot_calendar.hpp"
#include "units.hpp"

namespace npu::togsim {

// The network has a fixed latency each way; each destination (a channel, or a port of a core)
// accepts one request or response a network cycle, the oldest first. So the whole way of a request
// is known when it is injected: there are no events for requests.
class Memory {
 public:
  explicit Memory(const MachineSpec& machine);

  // Injections follow in order of time. All requests until the next call leave at `now`.
  void begin(Picoseconds now);

  // Injects a request for a block from a port of a core; the network cycle at which its response
  // has been accepted by the same port.
  IcntCycle request(std::size_t core, std::size_t port, std::uint64_t block, bool write);

  [[nodiscard]] const Clock<IcntCycle>& icnt_clock() const { return icnt_clock_; }
  [[nodiscard]] const Dram& dram() const { return dram_; }

 private:
  [[nodiscard]] DramCycle to_dram(IcntCycle cycle) const;
  [[nodiscard]] IcntCycle to_icnt(DramCycle cycle) const;

  Clock<IcntCycle> icnt_clock_;
  Dram dram_;
  IcntCycle latency_;
  bool one_clock_;  // network and DRAM run at one frequency: their cycle numbers agree
  std::size_t ports_;
  IcntCycle now_;
  std::vector<IcntCycle> channel_free_;  // when each channel's input accepts again
  std::vector<SlotCalendar> core_ports_;
};

}  // namespace npu::togsim
