#include "memory/windowed.hpp"

#include <algorithm>
#include <utility>

namespace npu::togsim {

WindowedMemory::WindowedMemory(const MachineSpec& machine,
                               std::vector<MemoryChannel> channels)
    : SimulatedMemory(machine, std::move(channels)), channel_free_(channels_.size()),
      responses_(static_cast<std::size_t>(machine.num_cores) * ports_) {}

void WindowedMemory::inject(Request& request) {
  IcntCycle& free = channel_free_[request.channel];
  request.reached = std::max(now_ + latency_, free);
  free = request.reached + IcntCycle{1};
  channels_[request.channel].accept(request.reached, request.block, request.write,
                                    requests_.add(request));
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

}  // namespace npu::togsim
