#include "memory/simulated.hpp"

#include <utility>

namespace npu::togsim {

SimulatedMemory::SimulatedMemory(const MachineSpec& machine, std::vector<MemoryChannel> channels)
    : Memory(machine), latency_{machine.icnt_latency_cycles}, channels_(std::move(channels)),
      map_(machine) {}

std::size_t SimulatedMemory::send(TransferId transfer, std::size_t port, bool write,
                                  RequestStream& stream) {
  const std::size_t first = transfers_.core(transfer) * ports_;
  const std::uint32_t partition = transfers_.partition(transfer);
  std::size_t sent = 0;
  for (; port + sent < ports_ && !stream.done(); stream.advance(), ++sent) {
    Request request;
    request.age = next_age_++;
    request.block = map_.inside(stream.block());
    request.injected = now_;
    request.transfer = transfer;
    request.core_port = static_cast<std::uint32_t>(first + port + sent);
    request.channel = map_.channel(partition, stream.block());
    request.write = write;
    transfers_.sent(transfer);
    inject(request);
  }
  return sent;
}

void SimulatedMemory::finish(Picoseconds end) {
  new_answers_.clear();
  const IcntCycle until = icnt_clock_.at_or_after(end) + latency_ + IcntCycle{1};
  for (MemoryChannel& channel : channels_) channel.advance(until, new_answers_);
}

std::vector<ChannelStats> SimulatedMemory::channel_stats() const {
  std::vector<ChannelStats> stats;
  for (const MemoryChannel& channel : channels_) stats.push_back(channel.dram().stats());
  return stats;
}

void SimulatedMemory::set_cached(Picoseconds now, l2::BlockRange blocks, bool cached) {
  const IcntCycle first = icnt_clock_.at_or_after(now) + latency_;
  set_cached_in(channels_, map_, cached ? first : first + IcntCycle{1}, blocks, cached);
}

}  // namespace npu::togsim
