// Small networks, and running them, for the tests.
#pragma once

#include <string>
#include <vector>

#include "noc/network.hpp"

namespace npu::togsim::noc {

inline Spec spec_of(const std::string& topology, std::int64_t k, std::int64_t n) {
  Spec spec;
  spec.topology = topology;
  spec.k = k;
  spec.n = n;
  return spec;
}

// Steps from cycle `from` until nothing is on its way; appends the arrivals, each with its cycle.
struct Timed {
  std::int64_t cycle;
  Arrival arrival;
};
inline std::int64_t run_dry(Network& network, std::int64_t from, std::vector<Timed>& seen) {
  std::vector<Arrival> out;
  std::int64_t now = from;
  for (; !network.idle(); ++now) {
    out.clear();
    network.step({now}, out);
    for (const Arrival& arrival : out) seen.push_back({now, arrival});
  }
  return now;
}

// The latency of a lone packet.
inline std::int64_t latency(const Spec& spec, std::uint32_t source, std::uint32_t destination,
                            std::int64_t flits, bool plain) {
  Network network(spec, plain);
  network.inject({5}, source, destination, flits, 77);
  std::vector<Timed> seen;
  run_dry(network, 5, seen);
  return seen.size() == 1 && seen[0].arrival.id == 77 ? seen[0].cycle - 5 : -1;
}

}  // namespace npu::togsim::noc
