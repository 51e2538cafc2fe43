#include "memory_windowed.hpp"

#include <algorithm>
#include <utility>

namespace npu::togsim {

WindowedMemory::WindowedMemory(const MachineSpec& machine,
                               std::vector<MemoryChannel> channels)
    : Memory(machine), map_(machine), latency_{machine.icnt_latency_cycles},
      channels_(std::move(channels)), channel_free_(channels_.size()),
      responses_(static_cast<std::size_t>(machine.num_cores) * ports_) {}

std::size_t WindowedMemory::send(TransferId transfer, std::size_t port, bool write,
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
    IcntCycle& free = channel_free_[request.channel];
    request.reached = std::max(now_ + latency_, free);
    free = request.reached + IcntCycle{1};
    transfers_.sent(transfer);
    channels_[request.channel].accept(request.reached, request.block, write,
                                      requests_.add(request));
  }
  return sent;
}

bool WindowedMemory::advance(Picoseconds next_core) {
  if (requests_.in_flight() == 0) {
    if (next_core != kNever) responses_.skip_to(icnt_clock_.at_or_before(next_core));
    return false;
  }
  const IcntCycle known = responses_.known();
  if (icnt_clock_.edge(known + IcntCycle{1}) > next_core) return false;
  if (responses_.pending() == 0 && all_quiet(channels_)) requests_.report_lost();
  const IcntCycle until = known + IcntCycle{1} + latency_;
  simulate_channels(until);
  served_.clear();
  responses_.serve(until + latency_, served_);
  for (const Response& response : served_) requests_.end(response.id, response.back, transfers_);
  return true;
}

void WindowedMemory::simulate_channels(IcntCycle until) {
  for (MemoryChannel& channel : channels_) {
    if (channel.next() > until) continue;
    new_answers_.clear();
    channel.advance(until, new_answers_);
    for (const Answer& answer : new_answers_) {
      requests_.answer(answer);
      const Request& request = requests_[answer.id];
      responses_.add(answer.returned + latency_, request.core_port, request.age, answer.id);
    }
  }
}

// A channel may have been simulated ahead by the network's latency: all are brought that far, so
// that their statistics end at one time, whatever the windows were.
void WindowedMemory::finish(Picoseconds end) {
  new_answers_.clear();
  const IcntCycle until = icnt_clock_.at_or_after(end) + latency_ + IcntCycle{1};
  for (MemoryChannel& channel : channels_) channel.advance(until, new_answers_);
}

std::vector<ChannelStats> WindowedMemory::channel_stats() const {
  std::vector<ChannelStats> stats;
  for (const MemoryChannel& channel : channels_) stats.push_back(channel.dram().stats());
  return stats;
}

std::string WindowedMemory::describe() const {
  return requests_.describe();
}

}  // namespace npu::togsim
