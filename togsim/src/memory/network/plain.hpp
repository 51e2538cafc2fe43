// The simple network cycle by cycle: the rules of docs/timing-model.md as written.
#pragma once

#include <cstdint>
#include <vector>

#include "memory/network.hpp"

namespace npu::togsim {

// A fixed latency each way; each channel and each port takes one item a cycle, the oldest first:
// of requests the one that was sent first, of responses the one whose request was.
class PlainNetwork final : public MemoryNetwork {
 public:
  explicit PlainNetwork(const MachineSpec& machine);

  void send_request(IcntCycle now, RequestId id, const Request& request) override;
  void send_response(IcntCycle now, RequestId id, const Request& request) override;
  void receive(IcntCycle now, std::vector<RequestId>& at_ports,
               std::vector<RequestId>& at_channels) override;
  void move(IcntCycle now, std::vector<RequestId>& at_channels) override;
  [[nodiscard]] bool idle() const override;

 private:
  struct Item {
    IcntCycle arrives;
    std::uint64_t age;
    RequestId id;
  };
  using Destination = std::vector<Item>;  // in no order

  static void take_oldest(IcntCycle now, Destination& destination, std::vector<RequestId>& out);

  IcntCycle latency_;
  std::vector<Destination> channels_;
  std::vector<Destination> ports_;
};

}  // namespace npu::togsim
