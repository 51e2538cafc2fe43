// The detailed network between ports and channels: requests and responses as packets of flits.
#pragma once

#include <cstdint>
#include <vector>

#include "memory/network.hpp"
#include "noc/network.hpp"

namespace npu::togsim {

// Nodes are the ports of core 0, those of core 1, and so on, then the channels. A read request and
// the acknowledgement of a write are 8 bytes; a read's response and a write carry the data. A
// packet has as many flits as its bytes need.
class RoutedNetwork final : public MemoryNetwork {
 public:
  RoutedNetwork(const MachineSpec& machine, bool plain);

  void send_request(IcntCycle now, RequestId id, const Request& request) override;
  void send_response(IcntCycle now, RequestId id, const Request& request) override;
  void receive(IcntCycle now, std::vector<RequestId>& at_ports,
               std::vector<RequestId>& at_channels) override;
  void move(IcntCycle now, std::vector<RequestId>&) override { network_.move(now); }
  [[nodiscard]] bool idle() const override { return network_.idle(); }
  [[nodiscard]] const noc::NetworkStats* stats() const override { return &network_.stats(); }

 private:
  noc::Network network_;
  std::uint32_t first_channel_;  // the node of channel 0
  std::int64_t data_flits_;
  std::int64_t control_flits_;
  std::vector<noc::Arrival> arrivals_;  // kept for its memory
};

}  // namespace npu::togsim
