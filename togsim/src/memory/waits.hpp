// What the responses were doing that a DMA engine waited for.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "core/instruction.hpp"
#include "machine.hpp"
#include "stats.hpp"
#include "core/transfers.hpp"
#include "units.hpp"

namespace npu::togsim {

// A cycle in which an engine waits for memory belongs to the transfer that completes next, of those
// that had sent all their requests by then; and there to the part of the way on which the last
// response of that transfer was in that cycle. So all cycles are split, whatever the memory model.
class MemoryWaits {
 public:
  explicit MemoryWaits(const MachineSpec& machine);

  // The engine waited in the cycles from `begin` up to `end`.
  void wait(CoreCycle begin, CoreCycle end);

  // The way of the last response of a transfer is known.
  void know(InstructionId transfer, const Timeline& last);

  // A transfer is complete whose last request was sent in `sent`: counts the cycles it explains.
  void complete(InstructionId transfer, CoreCycle sent, MemoryWaitCycles& counts);

 private:
  struct Interval {
    CoreCycle begin;
    CoreCycle end;
  };
  // A part of the way, up to a cycle.
  struct Leg {
    MemoryWait cause = MemoryWait::Network;
    CoreCycle end;
  };
  static constexpr std::size_t kLegs = 11;

  [[nodiscard]] std::array<Leg, kLegs> legs(const Timeline& way) const;
  void explain(Interval interval, const Timeline& way, MemoryWaitCycles& counts) const;
  [[nodiscard]] CoreCycle core(IcntCycle cycle) const { return core_.at_or_after(icnt_.edge(cycle)); }
  [[nodiscard]] CoreCycle core(DramCycle cycle) const { return core_.at_or_after(dram_.edge(cycle)); }

  Clock<CoreCycle> core_;
  Clock<IcntCycle> icnt_;
  Clock<DramCycle> dram_;
  IcntCycle latency_;                // of the simple network
  bool routed_;                      // the network is another one
  MemoryWait before_dram_;           // between network and DRAM: the cache, or only the channel
  MemoryWait after_dram_;            // and back
  std::vector<Interval> waited_;     // not yet explained, in order
  std::vector<Timeline> last_;       // by instruction
};

}  // namespace npu::togsim
