#include "noc/traffic.hpp"

#include <algorithm>
#include <cmath>

#include "error.hpp"

namespace npu::togsim::noc {

namespace {

// An id tells when the packet was created, and whether it is measured.
std::uint64_t id_of(std::int64_t created, bool recorded) {
  return static_cast<std::uint64_t>(created) * 2 + (recorded ? 1 : 0);
}

}  // namespace

TrafficRun::TrafficRun(const Spec& spec, const TrafficSpec& traffic, bool plain)
    : traffic_(traffic), network_(spec, plain), chances_(traffic.seed), destinations_(traffic.seed),
      next_draw_(network_.nodes(), 0) {
  if (traffic.packet_flits < 1) throw Error("a packet without flits");
  if (traffic.period < 1 || traffic.max_periods <= traffic.warmup_periods) {
    throw Error("a measurement without samples");
  }
}

void TrafficRun::create(std::uint32_t node) {
  if (!network_.source_empty(node)) return;
  std::int64_t& cycle = next_draw_[node];
  while (cycle <= now_) {
    const bool drawn = chances_.next() < traffic_.chance;
    const std::int64_t created = cycle++;
    if (!drawn) continue;
    const bool recorded =
        phase_ == Phase::Running || (phase_ == Phase::Draining && created < drain_from_);
    const auto destination =
        static_cast<std::uint32_t>(destinations_.next() % network_.nodes());
    // BookSim 2 draws a sub-network next, though there is but one.
    destinations_.next();
    network_.inject({now_}, node, destination, traffic_.packet_flits, id_of(created, recorded));
    waiting_flits_ += traffic_.packet_flits;
    waiting_since_ += created * traffic_.packet_flits;
    recorded_ += recorded ? 1 : 0;
    return;
  }
}

void TrafficRun::step() {
  turns_.next();
  for (std::uint32_t node = 0; creating_ && node < next_draw_.size(); ++node) create(node);
  arrivals_.clear();
  network_.step({now_}, arrivals_);
  for (const Arrival& arrival : arrivals_) count(arrival);
  ++now_;
}

void TrafficRun::count(const Arrival& arrival) {
  const auto created = static_cast<std::int64_t>(arrival.id / 2);
  const bool recorded = (arrival.id & 1U) != 0;
  waiting_flits_ -= arrival.flits;
  waiting_since_ -= created * arrival.flits;
  recorded_ -= recorded ? 1 : 0;
  if (!recorded && phase_ != Phase::Warming) return;
  const std::int64_t latency = now_ - created;
  TrafficResult& r = result_;
  r.latency_min = r.packets == 0 ? latency : std::min(r.latency_min, latency);
  r.latency_max = std::max(r.latency_max, latency);
  r.latency_sum += latency;
  r.network_sum += now_ - arrival.entered.n;
  r.fragmentation_sum += now_ - arrival.first_arrived.n - (arrival.flits - 1);
  r.hops += arrival.hops;
  ++r.packets;
  const auto index = static_cast<std::size_t>(latency);
  if (index >= r.latency_counts.size()) r.latency_counts.resize(index + 1, 0);
  ++r.latency_counts[index];
}

void TrafficRun::clear() {
  result_ = TrafficResult{};
  counted_from_ = now_;
  entered_from_ = network_.stats().flits_entered;
  accepted_from_ = network_.stats().flits;
}

double TrafficRun::mean_latency() const {
  return result_.packets == 0
             ? 0.0
             : static_cast<double>(result_.latency_sum) / static_cast<double>(result_.packets);
}

// Packets still on their way count with the age of each of their flits.
bool TrafficRun::beyond_limit() const {
  const auto sum =
      static_cast<double>(result_.latency_sum + now_ * waiting_flits_ - waiting_since_);
  const auto count = static_cast<double>(result_.packets + waiting_flits_);
  return count > 0 && sum / count > traffic_.latency_limit;
}

// Whether latency (in latency mode) and accepted rate are within `change` of the sample before.
bool TrafficRun::settled(double& last_latency, double& last_accepted) const {
  const double latency = mean_latency();
  const double accepted = static_cast<double>(network_.stats().flits - accepted_from_) /
                          static_cast<double>(now_ - counted_from_);
  const double latency_change = std::fabs((latency - last_latency) / latency);
  const double accepted_change = std::fabs((accepted - last_accepted) / accepted);
  last_latency = latency;
  last_accepted = accepted;
  const bool throughput = traffic_.mode == TrafficMode::Throughput;
  return (throughput || latency_change <= traffic_.change) && accepted_change <= traffic_.change;
}

TrafficResult TrafficRun::run() {
  double last_latency = 0.0;
  double last_accepted = 0.0;
  std::int64_t converged = 0;
  bool aborted = false;
  for (std::int64_t sample = 0; sample < traffic_.max_periods; ++sample) {
    if (phase_ == Phase::Running && converged == 3) break;
    if (phase_ == Phase::Warming && sample % 2 == 0) clear();
    for (std::int64_t i = 0; i < traffic_.period; ++i) step();
    const bool quiet = settled(last_latency, last_accepted);
    if (traffic_.mode == TrafficMode::Latency && beyond_limit()) {
      aborted = true;
      break;
    }
    if (phase_ == Phase::Running) {
      converged = quiet ? converged + 1 : 0;
    } else if (sample + 1 >= traffic_.warmup_periods) {
      phase_ = Phase::Running;
      clear();
    }
  }
  result_.measured = now_ - counted_from_;
  result_.flits_entered = network_.stats().flits_entered - entered_from_;
  result_.flits_accepted = network_.stats().flits - accepted_from_;
  result_.stable = !aborted;
  if (!aborted) drain();
  result_.cycles = now_;
  return result_;
}

bool TrafficRun::drained() const {
  if (recorded_ > 0) return false;
  return std::all_of(next_draw_.begin(), next_draw_.end(),
                     [&](std::int64_t cycle) { return cycle > drain_from_; });
}

// In latency mode traffic goes on until every measured packet has arrived. Then no more packets are
// created, and the network runs dry.
void TrafficRun::drain() {
  phase_ = Phase::Draining;
  drain_from_ = now_;
  const bool latency = traffic_.mode == TrafficMode::Latency;
  for (std::int64_t steps = 1; latency && !drained(); ++steps) {
    step();
    if (steps % 1000 != 0 || !beyond_limit()) continue;
    result_.stable = false;
    return;
  }
  creating_ = false;
  while (!network_.idle()) step();
}

}  // namespace npu::togsim::noc
