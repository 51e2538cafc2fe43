#include "memory/network/plain.hpp"

#include <algorithm>

namespace npu::togsim {

PlainNetwork::PlainNetwork(const MachineSpec& machine)
    : latency_{machine.icnt_latency_cycles},
      channels_(static_cast<std::size_t>(machine.dram_channels)),
      ports_(static_cast<std::size_t>(machine.num_cores * machine.icnt_injection_ports_per_core)) {}

void PlainNetwork::send_request(IcntCycle now, RequestId id, const Request& request) {
  channels_[request.channel].push_back({now + latency_, request.age, id});
}

void PlainNetwork::send_response(IcntCycle now, RequestId id, const Request& request) {
  ports_[request.core_port].push_back({now + latency_, request.age, id});
}

void PlainNetwork::receive(IcntCycle now, std::vector<RequestId>& at_ports,
                           std::vector<RequestId>&) {
  for (Destination& port : ports_) take_oldest(now, port, at_ports);
}

void PlainNetwork::move(IcntCycle now, std::vector<RequestId>& at_channels) {
  for (Destination& channel : channels_) take_oldest(now, channel, at_channels);
}

void PlainNetwork::take_oldest(IcntCycle now, Destination& destination,
                               std::vector<RequestId>& out) {
  auto oldest = destination.end();
  for (auto item = destination.begin(); item != destination.end(); ++item) {
    if (item->arrives > now) continue;
    if (oldest == destination.end() || item->age < oldest->age) oldest = item;
  }
  if (oldest == destination.end()) return;
  out.push_back(oldest->id);
  destination.erase(oldest);
}

bool PlainNetwork::idle() const {
  const auto empty = [](const Destination& destination) { return destination.empty(); };
  return std::ranges::all_of(channels_, empty) && std::ranges::all_of(ports_, empty);
}

}  // namespace npu::togsim
