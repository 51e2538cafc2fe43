// The memory system with the simple network: channels are simulated apart, a window at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "memory/simulated.hpp"
#include "memory/response_ports.hpp"

namespace npu::togsim {

// Nothing that a core sends reaches a channel before the network's latency has passed, and no
// answer of a channel reaches a core before it has passed once more. So, when all responses up to
// network cycle R are known, no core can send before R + 1, every channel may be simulated up to
// R + 1 + latency, and that tells all responses up to R + 1 + 2 * latency.
class WindowedMemory final : public SimulatedMemory {
 public:
  explicit WindowedMemory(const MachineSpec& machine)
      : WindowedMemory(machine, make_memory_channels(machine, false)) {}
  WindowedMemory(const MachineSpec& machine, std::vector<MemoryChannel> channels);

  bool advance(Picoseconds next_core) override;

 private:
  void inject(Request& request) override;
  void simulate_channels(IcntCycle until);

  std::vector<IcntCycle> channel_free_;  // when the network can next hand a request to it
  ResponsePorts responses_;
  std::vector<Response> served_;
};

}  // namespace npu::togsim
