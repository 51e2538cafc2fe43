#include "memory/stepped.hpp"

#include <algorithm>
#include <utility>

namespace npu::togsim {

SteppedMemory::SteppedMemory(const MachineSpec& machine, bool plain,
                             std::vector<MemoryChannel> channels)
    : SimulatedMemory(machine, std::move(channels)), plain_(plain),
      network_(make_memory_network(machine, plain)) {}

void SteppedMemory::inject(Request& request) {
  sent_.push_back({now_, requests_.add(request)});
}

// The next cycle's responses may be taken once no core can send a request in this cycle any more.
bool SteppedMemory::advance(Picoseconds next_core) {
  if (idle() && (next_core == kNever || !plain_)) {
    if (next_core != kNever) cycle_ = std::max(cycle_, icnt_clock_.at_or_before(next_core));
    return false;
  }
  if (icnt_clock_.edge(cycle_ + IcntCycle{1}) > next_core) return false;
  if (network_->idle() && sent_.empty() && responses_.empty() && requests_.in_flight() != 0 &&
      all_quiet(channels_)) {
    requests_.report_lost();
  }
  step();
  return true;
}

bool SteppedMemory::idle() const { return requests_.in_flight() == 0 && network_->idle(); }

// The end of this cycle and the beginning of the next one.
void SteppedMemory::step() {
  send_requests();
  at_channels_.clear();
  network_->move(cycle_, at_channels_);
  accept(at_channels_);
  cycle_ += IcntCycle{1};
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (plain_ || channels_[i].next() <= cycle_) answer(i);
  }
  send_responses();
  at_ports_.clear();
  at_channels_.clear();
  network_->receive(cycle_, at_ports_, at_channels_);
  accept(at_channels_);
  deliver(at_ports_);
}

void SteppedMemory::send_requests() {
  for (; !sent_.empty() && sent_.front().cycle <= cycle_; sent_.pop_front()) {
    network_->send_request(cycle_, sent_.front().id, requests_[sent_.front().id]);
  }
}

void SteppedMemory::accept(const std::vector<RequestId>& at_channels) {
  for (const RequestId id : at_channels) {
    Request& request = requests_[id];
    request.reached = cycle_;
    channels_[request.channel].accept(cycle_, request.block, request.write, id);
  }
}

void SteppedMemory::answer(std::size_t channel) {
  new_answers_.clear();
  channels_[channel].advance(cycle_, new_answers_);
  for (const Answer& answer : new_answers_) {
    requests_.answer(answer);
    responses_[answer.returned].push_back(answer.id);
  }
}

// Of one cycle the oldest request's first: the order in which channels tell of them means nothing.
void SteppedMemory::send_responses() {
  const auto by_age = [this](RequestId id) { return requests_[id].age; };
  while (!responses_.empty() && responses_.begin()->first <= cycle_) {
    std::vector<RequestId>& due = responses_.begin()->second;
    std::ranges::sort(due, {}, by_age);
    for (const RequestId id : due) network_->send_response(cycle_, id, requests_[id]);
    responses_.erase(responses_.begin());
  }
}

void SteppedMemory::deliver(const std::vector<RequestId>& at_ports) {
  for (const RequestId id : at_ports) requests_.end(id, cycle_, transfers_);
}

}  // namespace npu::togsim
