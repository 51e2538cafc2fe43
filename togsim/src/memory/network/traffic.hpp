// What leaves the network in each period: requests at their channels, responses at their ports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "periods.hpp"
#include "units.hpp"

namespace npu::togsim {

// One entry a period; all are of one length. Empty without a period.
struct NetworkTraffic {
  std::vector<std::int64_t> read_requests;
  std::vector<std::int64_t> write_requests;
  std::vector<std::int64_t> read_responses;
  std::vector<std::int64_t> write_responses;  // acknowledgements
};

// Counts in whatever order the memory models learn of the cycles, so that they count alike.
class TrafficCounter {
 public:
  explicit TrafficCounter(std::int64_t period) : period_(period) {}

  // A request has left the network at its channel in cycle `now`.
  void request(IcntCycle now, bool write) {
    if (period_ == 0) return;
    const std::size_t index = at(now);
    ++(write ? traffic_.write_requests : traffic_.read_requests)[index];
  }

  // A port has taken a response in cycle `now`.
  void response(IcntCycle now, bool write) {
    if (period_ == 0) return;
    const std::size_t index = at(now);
    ++(write ? traffic_.write_responses : traffic_.read_responses)[index];
  }

  [[nodiscard]] const NetworkTraffic& traffic() const { return traffic_; }

 private:
  std::size_t at(IcntCycle now) {
    const std::size_t index = period_of(now.n, period_, "icnt_stats_print_period_cycles");
    if (index >= traffic_.read_requests.size()) {
      traffic_.read_requests.resize(index + 1);
      traffic_.write_requests.resize(index + 1);
      traffic_.read_responses.resize(index + 1);
      traffic_.write_responses.resize(index + 1);
    }
    return index;
  }

  std::int64_t period_;  // network cycles; 0 = nothing is counted
  NetworkTraffic traffic_;
};

}  // namespace npu::togsim
