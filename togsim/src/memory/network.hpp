// A network that is simulated cycle by cycle, as the stepped memory model drives it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "machine.hpp"
#include "noc/spec.hpp"
#include "memory/requests.hpp"
#include "units.hpp"

namespace npu::togsim {

// Cycle n is: responses enter, receive(n), requests enter (the cores step at its edge), move(n).
class MemoryNetwork {
 public:
  virtual ~MemoryNetwork() = default;

  // A request enters at its port, or its response at its channel, in cycle `now`.
  virtual void send_request(IcntCycle now, RequestId id, const Request& request) = 0;
  virtual void send_response(IcntCycle now, RequestId id, const Request& request) = 0;

  // What leaves the network in cycle `now`, as far as it does not depend on requests that enter in
  // this very cycle: at ports, all of it.
  virtual void receive(IcntCycle now, std::vector<RequestId>& at_ports,
                       std::vector<RequestId>& at_channels) = 0;

  // The rest of the cycle, and what else leaves at channels.
  virtual void move(IcntCycle now, std::vector<RequestId>& at_channels) = 0;

  // Nothing is on its way: cycles may be skipped.
  [[nodiscard]] virtual bool idle() const = 0;

  // The counts of a detailed network, null of another one.
  [[nodiscard]] virtual const noc::NetworkStats* stats() const { return nullptr; }
};

// The model that `machine` asks for; the simple one without shortcuts.
std::unique_ptr<MemoryNetwork> make_memory_network(const MachineSpec& machine, bool plain);

}  // namespace npu::togsim
