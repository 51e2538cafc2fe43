// One DRAM channel of any model, as the memory system drives it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "clock.hpp"
#include "memory/dram.hpp"
#include "dram/controller.hpp"
#include "machine.hpp"
#include "units.hpp"

namespace npu::togsim {

class DramChannel {
 public:
  virtual ~DramChannel() = default;

  // Hands over a request for block `block` of the channel. Arrivals do not decrease, and are not
  // before the cycle reached by advance().
  virtual void push(DramCycle arrival, std::uint64_t block, bool write, std::uint64_t id) = 0;

  // Simulates the cycles before `until`; appends what is complete at `until` or before, in order of
  // time.
  virtual void advance(DramCycle until, std::vector<dram::Completion>& out) = 0;

  // Nothing is complete before this cycle unless a request is pushed; a large number when idle.
  [[nodiscard]] virtual DramCycle next() const = 0;

  // Every request is complete.
  [[nodiscard]] virtual bool idle() const = 0;

  [[nodiscard]] virtual ChannelStats stats() const = 0;

  // The counts of a controller of the detailed model, null of another one.
  [[nodiscard]] virtual const dram::ControllerStats* controller() const { return nullptr; }
};

// The clock of the machine's DRAM.
[[nodiscard]] Clock<DramCycle> dram_clock(const MachineSpec& machine);

// The channels of the model that `machine` asks for; `plain` takes the ones without shortcuts.
std::vector<std::unique_ptr<DramChannel>> make_dram_channels(const MachineSpec& machine,
                                                             bool plain);

}  // namespace npu::togsim
