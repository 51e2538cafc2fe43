// Uniform random traffic through a network, measured as BookSim 2 measures it.
#pragma once

#include <cstdint>
#include <vector>

#include "listening.hpp"
#include "noc/knuth_random.hpp"
#include "noc/network.hpp"
#include "noc/spec.hpp"

namespace npu::togsim::noc {

enum class TrafficMode : std::uint8_t { Latency, Throughput };

struct TrafficSpec {
  std::int64_t packet_flits = 1;
  std::uint64_t chance = 0;  // of a new packet at a node in a cycle, in units of 2^-52
  TrafficMode mode = TrafficMode::Latency;
  std::uint64_t seed = 0;
  std::int64_t period = 1000;        // cycles of one sample
  std::int64_t warmup_periods = 3;   // samples before the measurement
  std::int64_t max_periods = 10;     // samples in all
  double change = 0.05;              // a sample that differs by less has settled
  double latency_limit = 500.0;      // mean cycles beyond which a load is not sustained
};

struct TrafficResult {
  bool stable = true;
  std::int64_t cycles = 0;    // simulated
  std::int64_t measured = 0;  // cycles in which flits were counted
  std::int64_t packets = 0;   // whose latency was taken
  std::int64_t latency_sum = 0;  // from creation to the last flit's arrival
  std::int64_t latency_min = 0;
  std::int64_t latency_max = 0;
  std::int64_t network_sum = 0;   // from the first flit's entry to the last flit's arrival
  std::int64_t fragmentation_sum = 0;  // cycles between first and last flit beyond flits - 1
  std::int64_t hops = 0;
  std::int64_t flits_entered = 0;  // in the measured cycles
  std::int64_t flits_accepted = 0;
  std::vector<std::int64_t> latency_counts;  // [latency]
};

// One experiment. Every node creates packets to a node drawn evenly (itself included), with a
// fixed chance in every cycle; they wait in an unbounded queue of the node.
class TrafficRun {
 public:
  TrafficRun(const Spec& spec, const TrafficSpec& traffic, bool plain);

  // Runs to the end.
  TrafficResult run();

 private:
  enum class Phase : std::uint8_t { Warming, Running, Draining };

  void step();
  void create(std::uint32_t node);
  void count(const Arrival& arrival);
  void clear();
  bool settled(double& last_latency, double& last_accepted) const;
  [[nodiscard]] double mean_latency() const;
  [[nodiscard]] bool beyond_limit() const;
  void drain();
  [[nodiscard]] bool drained() const;

  TrafficSpec traffic_;
  Network network_;
  KnuthRandom<true> chances_;        // BookSim 2 keeps two sequences, both from one seed
  KnuthRandom<false> destinations_;
  Phase phase_ = Phase::Warming;
  bool creating_ = true;
  std::int64_t now_ = 0;
  std::int64_t counted_from_ = 0;
  std::int64_t drain_from_ = 0;
  std::vector<std::int64_t> next_draw_;  // [node] cycle of its next chance
  std::int64_t waiting_flits_ = 0;       // created and not arrived
  std::int64_t waiting_since_ = 0;       // sum of their cycles of creation
  std::int64_t recorded_ = 0;            // measured packets that have not arrived
  std::int64_t entered_from_ = 0;
  std::int64_t accepted_from_ = 0;
  std::vector<Arrival> arrivals_;
  TrafficResult result_;
  Turns turns_;
};

}  // namespace npu::togsim::noc
