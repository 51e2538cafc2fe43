// What a network is made of, as the Python side hands it over: nothing here is text to be parsed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "units.hpp"

namespace npu::togsim::noc {

enum class AllocatorKind : std::uint8_t { Islip, SeparableInputFirst, SeparableOutputFirst };

struct AllocatorSpec {
  AllocatorKind kind = AllocatorKind::Islip;
  std::int64_t iterations = 1;  // of iSLIP; the separable ones have one
};

// A link of an `anynet` from one router to another; the way back is a link of its own.
struct RouterLink {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t latency = 1;
};

// Where a node of an `anynet` is attached; its latency holds both ways.
struct NodeLink {
  std::int64_t router = 0;
  std::int64_t latency = 1;
};

struct Spec {
  std::string topology;  // "fly", "mesh", "torus", "anynet"
  std::int64_t k = 0;    // radix (fly: ports of a router; mesh, torus: routers along a dimension)
  std::int64_t n = 0;    // stages (fly) or dimensions
  bool use_noc_latency = true;           // torus: links of 2 cycles, not 1
  std::vector<NodeLink> nodes;           // anynet: node i
  std::vector<RouterLink> router_links;  // anynet
  std::int64_t routers = 0;              // anynet

  std::int64_t num_vcs = 16;
  std::int64_t vc_buf_size = 8;  // flits of one virtual channel
  std::int64_t routing_delay = 1;
  std::int64_t st_prepare_delay = 0;
  std::int64_t st_final_delay = 1;
  std::int64_t credit_delay = 0;
  bool wait_for_tail_credit = false;
  AllocatorSpec vc_allocator;
  AllocatorSpec sw_allocator;
  std::uint64_t seed = 0;  // of the torus' choice between two ways of one length
};

// A packet whose last flit has reached its node.
struct Arrival {
  std::uint64_t id = 0;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  IcntCycle injected;       // when it was put into the source queue
  IcntCycle entered;        // when its first flit left the source queue
  IcntCycle first_arrived;  // when its first flit reached the node
  std::int64_t hops = 0;    // routers passed
  std::int64_t flits = 0;
};

struct NetworkStats {
  std::int64_t packets = 0;         // whose last flit has arrived
  std::int64_t flits = 0;           // that have arrived
  std::int64_t flits_entered = 0;   // that have left a source queue
  std::int64_t latency_sum = 0;     // of packets, in network cycles from injection to last flit
  std::int64_t latency_min = 0;     // 0 while nothing has arrived
  std::int64_t latency_max = 0;
  std::int64_t hops = 0;            // routers passed by all packets
  std::vector<std::int64_t> link_flits;  // of each output port of each router, in that order
};

}  // namespace npu::togsim::noc
