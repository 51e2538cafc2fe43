// The pipeline of a router, credits and virtual channels: each figure worked out by hand.
#include <random>

#include "check.hpp"
#include "noc_builders.hpp"

using namespace npu::togsim::noc;
using npu::togsim::IcntCycle;

namespace {

// R routers, four cycles in each (route, channel, switch, crossing), the links between them, one
// link in, one out, and the cycle in which the node takes the flit; flits follow one a cycle.
void a_lone_packet_takes_the_sum_of_its_stages() {
  for (const bool plain : {false, true}) {
    CHECK_EQUAL(latency(spec_of("fly", 10, 1), 0, 9, 1, plain), 7);
    CHECK_EQUAL(latency(spec_of("fly", 10, 1), 3, 3, 5, plain), 7 + 4);
    CHECK_EQUAL(latency(spec_of("fly", 4, 2), 1, 14, 1, plain), 12);
    CHECK_EQUAL(latency(spec_of("fly", 3, 3), 2, 22, 2, plain), 17 + 1);
    CHECK_EQUAL(latency(spec_of("mesh", 4, 2), 0, 15, 1, plain), 5 * 7 + 2);
    CHECK_EQUAL(latency(spec_of("mesh", 4, 2), 6, 6, 1, plain), 5 * 1 + 2);
    CHECK_EQUAL(latency(spec_of("torus", 4, 2), 0, 15, 1, plain), 6 * 3 + 1);
    CHECK_EQUAL(latency(spec_of("torus", 5, 1), 0, 2, 3, plain), 6 * 3 + 1 + 2);
  }
}

void delays_add_up_router_by_router() {
  for (const bool plain : {false, true}) {
    Spec spec = spec_of("mesh", 3, 1);  // 0 to 2: three routers, 17 cycles
    spec.routing_delay = 3;
    CHECK_EQUAL(latency(spec, 0, 2, 1, plain), 17 + 2 * 3);
    spec.routing_delay = 0;
    CHECK_EQUAL(latency(spec, 0, 2, 1, plain), 17 - 3);
    spec.st_prepare_delay = 2;
    CHECK_EQUAL(latency(spec, 0, 2, 1, plain), 17 - 3 + 2 * 3);
    spec.credit_delay = 9;
    CHECK_EQUAL(latency(spec, 0, 2, 1, plain), 17 - 3 + 2 * 3);
  }
}

// Two packets of one node through a single virtual channel: the second one's head is sent in cycle
// 1, buffered in 3; the first one wins the switch in 4, so the second starts routing in 5 and wins
// the switch in 7, three cycles later.
void a_channel_handles_one_packet_in_three_cycles() {
  for (const bool plain : {false, true}) {
    Spec spec = spec_of("fly", 2, 1);
    spec.num_vcs = 1;
    Network network(spec, plain);
    network.inject({0}, 0, 0, 1, 1);
    network.inject({0}, 0, 1, 1, 2);
    std::vector<Timed> seen;
    run_dry(network, 0, seen);
    CHECK_EQUAL(seen[0].cycle, 7);
    CHECK_EQUAL(seen[1].cycle, 10);
    CHECK_EQUAL(seen[1].arrival.entered.n, 1);
  }
}

// A buffer of one flit: sent in 0, it leaves the router's buffer in 4, its credit is back in 6.
void a_flit_waits_for_its_credit() {
  for (const bool plain : {false, true}) {
    Spec spec = spec_of("fly", 2, 1);
    spec.num_vcs = 1;
    spec.vc_buf_size = 1;
    Network network(spec, plain);
    network.inject({0}, 0, 0, 1, 1);
    network.inject({0}, 0, 1, 1, 2);
    std::vector<Timed> seen;
    run_dry(network, 0, seen);
    CHECK_EQUAL(seen[1].arrival.entered.n, 6);
    CHECK_EQUAL(seen[1].cycle, 13);
  }
}

// Flits of one packet towards a buffer of two. Switch grants in 4 and 5 use both credits of the
// way out. The first flit is with the node in 7; the router has the credit 1 + 1 + credit_delay
// cycles later, in 9 + d, and the third flit wins then.
void credit_delay_counts_at_routers() {
  for (const bool plain : {false, true}) {
    for (const std::int64_t delay : {0, 1, 5}) {
      Spec spec = spec_of("fly", 2, 1);
      spec.num_vcs = 1;
      spec.vc_buf_size = 2;
      spec.credit_delay = delay;
      // The node's own two credits are back in 6 and 7, so its third flit is there in time: 8.
      CHECK_EQUAL(latency(spec, 0, 1, 3, plain), 9 + delay + 3);
    }
  }
}

// With wait_for_tail_credit a channel is free only when its buffer is empty again.
void a_channel_may_wait_for_its_tail_credit() {
  for (const bool plain : {false, true}) {
    Spec spec = spec_of("fly", 2, 1);
    spec.num_vcs = 1;
    spec.wait_for_tail_credit = true;
    Network network(spec, plain);
    network.inject({0}, 0, 0, 1, 1);
    network.inject({0}, 0, 0, 1, 2);
    std::vector<Timed> seen;
    run_dry(network, 0, seen);
    CHECK_EQUAL(seen[1].arrival.entered.n, 6);  // granted in 4, the credit back in 6
    CHECK_EQUAL(seen[1].cycle, 13);             // the way out: node has it in 7, free again in 9
  }
}

// Four inputs want one output at once: pointer order, one a cycle.
void an_output_serves_its_inputs_round_robin() {
  for (const bool plain : {false, true}) {
    Network network(spec_of("fly", 4, 1), plain);
    for (std::uint32_t node = 0; node < 4; ++node) network.inject({0}, node, 2, 1, node);
    std::vector<Timed> seen;
    run_dry(network, 0, seen);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK_EQUAL(seen[i].arrival.source, static_cast<std::uint32_t>(i));
      CHECK_EQUAL(seen[i].cycle, 7 + static_cast<std::int64_t>(i));
    }
  }
}

// The shortest way by latency, over three routers, not the direct link of 9 cycles. Flits: one
// cycle a stage and per link its latency and 1.
void anynet_takes_the_shortest_way() {
  Spec spec;
  spec.topology = "anynet";
  spec.routers = 3;
  spec.nodes = {{0, 1}, {2, 3}};
  spec.router_links = {{0, 1, 2}, {1, 0, 2}, {1, 2, 4}, {2, 1, 4}, {0, 2, 9}, {2, 0, 5}};
  for (const bool plain : {false, true}) {
    CHECK_EQUAL(latency(spec, 0, 1, 1, plain), 3 * 4 + 2 + 4 + 1 + 3 + 1);
    CHECK_EQUAL(latency(spec, 1, 0, 1, plain), 2 * 4 + 5 + 3 + 1 + 1);
  }
}

// A ring of four whose routes all go one way round, one channel, packets longer than its buffers:
// each packet holds what the next one waits for.
void a_circle_of_routes_ends_with_a_message() {
  Spec spec;
  spec.topology = "anynet";
  spec.routers = 4;
  spec.num_vcs = 1;
  spec.vc_buf_size = 1;
  for (std::int64_t i = 0; i < 4; ++i) {
    spec.nodes.push_back({i, 1});
    spec.router_links.push_back({i, (i + 1) % 4, 1});
  }
  for (const bool plain : {false, true}) {
    Network network(spec, plain);
    for (std::uint32_t node = 0; node < 4; ++node) {
      network.inject({0}, node, (node + 2) % 4, 50, node);
    }
    std::vector<Timed> seen;
    CHECK_THROWS(run_dry(network, 0, seen), "stuck");
  }
}

void impossible_networks_are_refused() {
  CHECK_THROWS(Network(spec_of("ring", 2, 2)), "not fly, mesh");
  Spec spec = spec_of("torus", 4, 1);
  spec.num_vcs = 3;
  CHECK_THROWS(Network{spec}, "even num_vcs");
  Network network(spec_of("fly", 2, 1));
  CHECK_THROWS(network.inject({0}, 0, 2, 1, 0), "network of 2");
}

// Random networks and loads: both engines agree on every arrival and every statistic.
void the_quick_way_equals_the_plain_one() {
  std::mt19937 random(7);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(high - low + 1));
  };
  for (int round = 0; round < 30; ++round) {
    const std::vector<std::string> names = {"fly", "mesh", "torus"};
    const std::string& name = names[static_cast<std::size_t>(round) % 3];
    Spec spec = spec_of(name, pick(2, name == "fly" ? 5 : 4), pick(1, 2));
    spec.num_vcs = name == "torus" ? 2 * pick(1, 3) : pick(1, 5);
    spec.vc_buf_size = pick(1, 6);
    spec.routing_delay = pick(0, 2);
    spec.st_prepare_delay = pick(0, 2);
    spec.credit_delay = pick(0, 3);
    spec.wait_for_tail_credit = pick(0, 3) == 0;
    spec.vc_allocator = {static_cast<AllocatorKind>(pick(0, 2)), pick(1, 3)};
    spec.sw_allocator = {static_cast<AllocatorKind>(pick(0, 2)), pick(1, 3)};
    spec.seed = random();
    Network quick(spec);
    Network plain(spec, true);
    std::uint64_t id = 0;
    std::vector<Arrival> a;
    std::vector<Arrival> b;
    const auto nodes = static_cast<std::int64_t>(quick.nodes());
    const std::int64_t load = pick(1, 60);
    for (std::int64_t now = 0; now < 150 || !plain.idle(); ++now) {
      for (std::int64_t node = 0; node < nodes && now < 150; ++node) {
        if (pick(0, 99) >= load) continue;
        const auto source = static_cast<std::uint32_t>(node);
        const auto destination = static_cast<std::uint32_t>(pick(0, nodes - 1));
        const std::int64_t flits = pick(1, 4);
        quick.inject({now}, source, destination, flits, id);
        plain.inject({now}, source, destination, flits, id++);
      }
      a.clear();
      b.clear();
      quick.step({now}, a);
      plain.step({now}, b);
      CHECK_EQUAL(a.size(), b.size());
      for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        CHECK_EQUAL(a[i].id, b[i].id);
        CHECK_EQUAL(a[i].entered.n, b[i].entered.n);
        CHECK_EQUAL(a[i].first_arrived.n, b[i].first_arrived.n);
        CHECK_EQUAL(a[i].hops, b[i].hops);
      }
      if (failed_checks > 20) return;
    }
    CHECK(quick.idle());
    CHECK_EQUAL(quick.stats().packets, static_cast<std::int64_t>(id));
    CHECK_EQUAL(quick.stats().latency_sum, plain.stats().latency_sum);
    CHECK_EQUAL(quick.stats().latency_max, plain.stats().latency_max);
    CHECK(quick.stats().link_flits == plain.stats().link_flits);
  }
}

}  // namespace

int main() {
  a_lone_packet_takes_the_sum_of_its_stages();
  delays_add_up_router_by_router();
  a_channel_handles_one_packet_in_three_cycles();
  a_flit_waits_for_its_credit();
  credit_delay_counts_at_routers();
  a_channel_may_wait_for_its_tail_credit();
  an_output_serves_its_inputs_round_robin();
  anynet_takes_the_shortest_way();
  a_circle_of_routes_ends_with_a_message();
  impossible_networks_are_refused();
  the_quick_way_equals_the_plain_one();
  return failed_checks == 0 ? 0 : 1;
}
