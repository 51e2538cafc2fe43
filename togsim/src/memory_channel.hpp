// A channel as the network sees it: requests come out of the network, answers go into it.
#pragma once

#include <memory>
#include <vector>

#include "clock_crossing.hpp"
#include "dram_channel.hpp"
#include "requests.hpp"
#include "units.hpp"

namespace npu::togsim {

class MemoryChannel {
 public:
  MemoryChannel(const ClockCrossing& crossing, std::unique_ptr<DramChannel> dram)
      : crossing_(crossing), dram_(std::move(dram)) {}

  // A request for block `block` of the channel has left the network in cycle `reached`. Requests
  // come in order, and not before the cycle reached by advance().
  void accept(IcntCycle reached, std::uint64_t block, bool write, RequestId id) {
    dram_->push(crossing_.to_dram(reached), block, write, id);
  }

  // Simulates the cycles before `until`; appends at least the answers that return at `until` or
  // before, in order of their times.
  void advance(IcntCycle until, std::vector<Answer>& out);

  // No answer returns before this cycle unless a request is accepted.
  [[nodiscard]] IcntCycle next() const;

  [[nodiscard]] bool idle() const { return dram_->idle(); }
  [[nodiscard]] const DramChannel& dram() const { return *dram_; }

 private:
  ClockCrossing crossing_;
  std::unique_ptr<DramChannel> dram_;
  std::vector<dram::Completion> completions_;  // kept for its memory
};

std::vector<MemoryChannel> make_memory_channels(const MachineSpec& machine, bool plain);

}  // namespace npu::togsim
