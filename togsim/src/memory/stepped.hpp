// The memory system with a network that is simulated cycle by cycle.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "memory/network.hpp"
#include "memory/simulated.hpp"

namespace npu::togsim {

// `plain`: no cycle is skipped, and every part is the one without shortcuts.
class SteppedMemory final : public SimulatedMemory {
 public:
  SteppedMemory(const MachineSpec& machine, bool plain)
      : SteppedMemory(machine, plain, make_memory_channels(machine, plain)) {}
  SteppedMemory(const MachineSpec& machine, bool plain, std::vector<MemoryChannel> channels);

  bool advance(Picoseconds next_core) override;
  [[nodiscard]] const noc::NetworkStats* network_stats() const override {
    return network_->stats();
  }

 private:
  struct Sent {
    IcntCycle cycle;
    RequestId id;
  };

  void inject(Request& request) override;
  void step();
  void send_requests();
  void accept(const std::vector<RequestId>& at_channels);
  void answer(std::size_t channel);
  void send_responses();
  void deliver(const std::vector<RequestId>& at_ports);
  [[nodiscard]] bool idle() const;

  bool plain_;
  std::unique_ptr<MemoryNetwork> network_;
  std::deque<Sent> sent_;        // by cores, to enter the network
  std::map<IcntCycle, std::vector<RequestId>> responses_;  // by the cycle in which they enter it
  IcntCycle cycle_;              // received, not yet moved
  std::vector<RequestId> at_ports_;
  std::vector<RequestId> at_channels_;
};

}  // namespace npu::togsim
