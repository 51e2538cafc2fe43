#include "memory/closed.hpp"

#include <algorithm>

namespace npu::togsim {

ClosedMemory::ClosedMemory(const MachineSpec& machine)
    : Memory(machine), dram_(machine), map_(machine), crossing_(icnt_clock_, dram_.clock()),
      latency_{machine.icnt_latency_cycles},
      channel_free_(static_cast<std::size_t>(machine.dram_channels)),
      core_ports_(static_cast<std::size_t>(machine.num_cores) * ports_) {}

std::size_t ClosedMemory::send(TransferId transfer, std::size_t port, bool write,
                               RequestStream& stream) {
  const std::size_t first = transfers_.core(transfer) * ports_;
  const std::uint32_t partition = transfers_.partition(transfer);
  std::size_t sent = 0;
  for (; port + sent < ports_ && !stream.done(); stream.advance(), ++sent) {
    const std::uint32_t channel = map_.channel(partition, stream.block());
    const Timeline way = request(first + port + sent, channel, write);
    transfers_.sent(transfer);
    if (transfers_.is_last(transfer, way.back, way.age)) transfers_.set_last(transfer, way);
    transfers_.count_delivery(way.reached, way.back, write);
    transfers_.answered(transfer);
  }
  return sent;
}

Timeline ClosedMemory::request(std::size_t core_port, std::uint32_t channel, bool write) {
  Timeline way;
  way.age = next_age_++;
  way.injected = now_;
  IcntCycle& free = channel_free_[channel];
  way.reached = std::max(now_ + latency_, free);
  free = way.reached + IcntCycle{1};
  way.arrived = way.accepted = crossing_.to_dram(way.reached);
  const Service service = dram_.serve(channel, way.arrived, write);
  way.first_command = way.column = service.start;
  way.refresh_wait = service.refresh_wait;
  way.column_wait = service.turnaround_wait;
  way.data = service.data;
  way.returned = crossing_.to_icnt(way.data);
  way.back = core_ports_[core_port].book(now_, way.returned + latency_);
  return way;
}

}  // namespace npu::togsim
