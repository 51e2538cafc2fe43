#include "memory/network/routed.hpp"

#include "error.hpp"

namespace npu::togsim {
namespace {

constexpr std::int64_t kControlBytes = 8;  // a read request, or the acknowledgement of a write

std::int64_t flits_of(std::int64_t bytes, std::int64_t flit_bytes) {
  if (flit_bytes < 1) throw Error("the flits of a network need at least a byte");
  return (bytes + flit_bytes - 1) / flit_bytes;
}

}  // namespace

RoutedNetwork::RoutedNetwork(const MachineSpec& machine, bool plain)
    : network_(*machine.icnt_model, plain),
      first_channel_(static_cast<std::uint32_t>(machine.num_cores *
                                                machine.icnt_injection_ports_per_core)),
      data_flits_(flits_of(machine.dram_req_size_byte, machine.icnt_flit_bytes)),
      control_flits_(flits_of(kControlBytes, machine.icnt_flit_bytes)) {
  const auto nodes = first_channel_ + static_cast<std::uint32_t>(machine.dram_channels);
  if (network_.nodes() < nodes) {
    throw Error("the network has " + std::to_string(network_.nodes()) + " nodes; " +
                std::to_string(first_channel_) + " ports of cores and " +
                std::to_string(machine.dram_channels) + " channels need " + std::to_string(nodes));
  }
}

void RoutedNetwork::send_request(IcntCycle now, RequestId id, const Request& request) {
  network_.inject(now, request.core_port, first_channel_ + request.channel,
                  request.write ? data_flits_ : control_flits_, id);
}

void RoutedNetwork::send_response(IcntCycle now, RequestId id, const Request& request) {
  network_.inject(now, first_channel_ + request.channel, request.core_port,
                  request.write ? control_flits_ : data_flits_, id);
}

void RoutedNetwork::receive(IcntCycle now, std::vector<RequestId>& at_ports,
                            std::vector<RequestId>& at_channels) {
  arrivals_.clear();
  network_.receive(now, arrivals_);
  for (const noc::Arrival& arrival : arrivals_) {
    (arrival.destination < first_channel_ ? at_ports : at_channels)
        .push_back(static_cast<RequestId>(arrival.id));
  }
}

}  // namespace npu::togsim
