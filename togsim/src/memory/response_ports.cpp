#include "memory/response_ports.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace npu::togsim {

void ResponsePorts::add(IcntCycle arrives, std::uint32_t port, std::uint64_t age, RequestId id) {
  const auto days = static_cast<std::size_t>(arrives.n - known_.n);
  if (days > calendar_.size()) grow(days);
  day(arrives).push_back({age, port, id});
  ++pending_;
}

void ResponsePorts::grow(std::size_t days) {
  std::vector<std::vector<Arrival>> larger(std::bit_ceil(days));
  for (std::size_t i = 1; i <= calendar_.size(); ++i) {
    const IcntCycle cycle = known_ + IcntCycle{static_cast<std::int64_t>(i)};
    larger[static_cast<std::size_t>(cycle.n) & (larger.size() - 1)] = std::move(day(cycle));
  }
  calendar_ = std::move(larger);
}

void ResponsePorts::serve(IcntCycle until, std::vector<Response>& out) {
  while (known_ < until) {
    turns_.next();
    known_ += IcntCycle{1};
    serve_cycle(known_, out);
  }
}

void ResponsePorts::serve_cycle(IcntCycle now, std::vector<Response>& out) {
  const auto younger = [](const Waiting& a, const Waiting& b) { return a.age > b.age; };
  std::vector<Arrival>& arrivals = day(now);
  for (const Arrival& arrival : arrivals) {
    std::vector<Waiting>& waiting = ports_[arrival.port];
    if (waiting.empty()) busy_.push_back(arrival.port);
    waiting.push_back({arrival.age, arrival.id});
    std::ranges::push_heap(waiting, younger);
  }
  arrivals.clear();
  std::erase_if(busy_, [&](std::uint32_t port) {
    std::vector<Waiting>& waiting = ports_[port];
    std::ranges::pop_heap(waiting, younger);
    out.push_back({waiting.back().id, now});
    waiting.pop_back();
    --pending_;
    return waiting.empty();
  });
}

}  // namespace npu::togsim
