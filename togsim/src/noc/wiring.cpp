#include "noc/wiring.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "error.hpp"
#include "noc/random.hpp"

namespace npu::togsim::noc {

namespace {

constexpr std::int64_t kMaxPorts = 4096;

std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

std::int64_t power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  for (std::int64_t i = 0; i < exponent; ++i) {
    if (__builtin_mul_overflow(result, base, &result) || result > 65'536) {
      throw Error("a network of more than 65536 nodes");
    }
  }
  return result;
}

std::uint64_t mask_of(std::int64_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

Wiring::Wiring(const Spec& spec) : spec_(spec), all_vcs_(mask_of(spec.num_vcs)) {
  if (spec.num_vcs < 1 || spec.num_vcs > 64) throw Error("num_vcs is not from 1 to 64");
  if (spec.vc_buf_size < 1) throw Error("vc_buf_size is below 1");
  if (spec.st_prepare_delay + spec.st_final_delay < 1) throw Error("a switch without delay");
  if (spec.topology == "fly") {
    build_fly();
  } else if (spec.topology == "mesh" || spec.topology == "torus") {
    torus_ = spec.topology == "torus";
    if (torus_ && spec.num_vcs % 2 != 0) throw Error("a torus needs an even num_vcs");
    build_cube(torus_);
  } else if (spec.topology == "anynet") {
    build_anynet();
  } else {
    throw Error("topology '" + spec.topology + "' is not fly, mesh, torus or anynet");
  }
}

std::int64_t Wiring::longest_link() const {
  std::int64_t longest = 1;
  for (const NodeWiring& node : nodes_) longest = std::max(longest, node.latency);
  for (const RouterWiring& router : routers_) {
    for (const Peer& peer : router.outputs) longest = std::max(longest, peer.latency);
  }
  return longest;
}

void Wiring::join(std::uint32_t from, std::uint32_t output, std::uint32_t to, std::uint32_t input,
                  std::int64_t latency) {
  routers_[from].outputs[output] = {Peer::Kind::Router, to, input, latency};
  routers_[to].inputs[input] = {Peer::Kind::Router, from, output, latency};
}

void Wiring::attach(std::uint32_t node, const NodeWiring& wiring) {
  nodes_[node] = wiring;
  routers_[wiring.entry_router].inputs[wiring.entry_port] = {Peer::Kind::Node, node, 0,
                                                             wiring.latency};
  routers_[wiring.exit_router].outputs[wiring.exit_port] = {Peer::Kind::Node, node, 0,
                                                            wiring.latency};
}

void Wiring::size_table() { table_.assign(routers_.size() * nodes_.size(), 0); }

// k-ary n-fly: n stages of k^(n-1) routers. Between the stages s-1 and s two digits of the address
// change places, the last one and the one that stage s-1 has just settled (Dally and Towles,
// "Principles and Practices of Interconnection Networks", section 4.1).
void Wiring::build_fly() {
  const std::int64_t k = spec_.k;
  const std::int64_t n = spec_.n;
  if (k < 1 || n < 1 || k > kMaxPorts) throw Error("a fly needs k and n of at least 1");
  const std::int64_t per_stage = power(k, n - 1);
  const std::int64_t count = power(k, n);
  routers_.resize(static_cast<std::size_t>(n * per_stage));
  for (RouterWiring& router : routers_) {
    router.inputs.resize(static_cast<std::size_t>(k));
    router.outputs.resize(static_cast<std::size_t>(k));
  }
  nodes_.resize(static_cast<std::size_t>(count));
  for (std::int64_t address = 0; address < per_stage; ++address) {
    for (std::int64_t port = 0; port < k; ++port) {
      attach(u32(address * k + port),
             {u32(address), u32(port), u32((n - 1) * per_stage + address), u32(port), 1});
    }
  }
  for (std::int64_t stage = 1; stage < n; ++stage) {
    const std::int64_t place = power(k, n - stage - 1);
    for (std::int64_t address = 0; address < per_stage; ++address) {
      const std::int64_t digit = (address / place) % k;
      for (std::int64_t port = 0; port < k; ++port) {
        const std::int64_t from = address + (port - digit) * place;
        join(u32((stage - 1) * per_stage + from), u32(digit), u32(stage * per_stage + address),
             u32(port), 1);
      }
    }
  }
  size_table();
  for (std::int64_t router = 0; router < n * per_stage; ++router) {
    const std::int64_t place = power(k, n - 1 - router / per_stage);
    for (std::int64_t node = 0; node < count; ++node) {
      table_[static_cast<std::size_t>(router * count + node)] =
          static_cast<std::uint16_t>((node / place) % k);
    }
  }
}

// k-ary n-mesh and n-cube: router = node; ports 2d (towards higher coordinates of dimension d),
// 2d + 1 (lower) and 2n (the node). What leaves by port 2d comes in by port 2d + 1 over there.
void Wiring::build_cube(bool torus) {
  const std::int64_t k = spec_.k;
  const std::int64_t n = spec_.n;
  if (k < 2 || n < 1) throw Error("a mesh or torus needs k of at least 2 and n of at least 1");
  const std::int64_t count = power(k, n);
  const std::int64_t latency = torus && spec_.use_noc_latency ? 2 : 1;
  routers_.resize(static_cast<std::size_t>(count));
  for (RouterWiring& router : routers_) {
    router.inputs.resize(static_cast<std::size_t>(2 * n + 1));
    router.outputs.resize(static_cast<std::size_t>(2 * n + 1));
  }
  nodes_.resize(static_cast<std::size_t>(count));
  for (std::int64_t node = 0; node < count; ++node) {
    attach(u32(node), {u32(node), u32(2 * n), u32(node), u32(2 * n), 1});
    for (std::int64_t dim = 0; dim < n; ++dim) {
      const std::int64_t place = power(k, dim);
      const std::int64_t at = (node / place) % k;
      if (!torus && at == k - 1) continue;
      const std::int64_t right = node + ((at + 1) % k - at) * place;
      join(u32(node), u32(2 * dim), u32(right), u32(2 * dim + 1), latency);
      join(u32(right), u32(2 * dim + 1), u32(node), u32(2 * dim), latency);
    }
  }
  if (torus) return;
  size_table();
  for (std::int64_t router = 0; router < count; ++router) {
    for (std::int64_t node = 0; node < count; ++node) {
      std::int64_t port = 2 * n;
      std::int64_t here = router;
      std::int64_t there = node;
      for (std::int64_t dim = 0; dim < n; ++dim, here /= k, there /= k) {
        if (here % k == there % k) continue;
        port = 2 * dim + (here % k < there % k ? 0 : 1);
        break;
      }
      table_[static_cast<std::size_t>(router * count + node)] = static_cast<std::uint16_t>(port);
    }
  }
}

// Ports of a router: its nodes in order of their number, then its neighbours in order of theirs.
void Wiring::build_anynet() {
  if (spec_.routers < 1 || spec_.nodes.empty()) throw Error("an anynet without routers or nodes");
  routers_.resize(static_cast<std::size_t>(spec_.routers));
  nodes_.resize(spec_.nodes.size());
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const NodeLink& link = spec_.nodes[node];
    RouterWiring& router = routers_.at(static_cast<std::size_t>(link.router));
    const auto port = static_cast<std::uint32_t>(router.inputs.size());
    router.inputs.emplace_back();
    router.outputs.emplace_back();
    attach(static_cast<std::uint32_t>(node),
           {u32(link.router), port, u32(link.router), port, link.latency});
  }
  std::vector<RouterLink> links = spec_.router_links;
  std::stable_sort(links.begin(), links.end(), [](const RouterLink& a, const RouterLink& b) {
    return a.from != b.from ? a.from < b.from : a.to < b.to;
  });
  for (const RouterLink& link : links) {
    RouterWiring& from = routers_.at(static_cast<std::size_t>(link.from));
    RouterWiring& to = routers_.at(static_cast<std::size_t>(link.to));
    from.outputs.emplace_back();
    to.inputs.emplace_back();
    join(u32(link.from), static_cast<std::uint32_t>(from.outputs.size() - 1), u32(link.to),
         static_cast<std::uint32_t>(to.inputs.size() - 1), link.latency);
  }
  size_table();
  for (std::uint32_t router = 0; router < routers_.size(); ++router) route_anynet(router);
}

// Shortest paths by Dijkstra's algorithm over the latencies; of equal ones, through the router that
// was settled first, and of equal distances the lowest number settles first.
void Wiring::route_anynet(std::uint32_t start) {
  constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max();
  const std::size_t count = routers_.size();
  std::vector<std::int64_t> distance(count, kFar);
  std::vector<std::uint32_t> first_port(count, 0);
  std::vector<bool> settled(count, false);
  distance[start] = 0;
  for (std::size_t round = 0; round < count; ++round) {
    std::size_t at = count;
    for (std::size_t i = 0; i < count; ++i) {
      if (!settled[i] && distance[i] != kFar && (at == count || distance[i] < distance[at])) at = i;
    }
    if (at == count) break;
    settled[at] = true;
    for (std::uint32_t port = 0; port < routers_[at].outputs.size(); ++port) {
      const Peer& peer = routers_[at].outputs[port];
      if (peer.kind != Peer::Kind::Router) continue;
      const std::int64_t through = distance[at] + peer.latency;
      if (through >= distance[peer.index]) continue;
      distance[peer.index] = through;
      first_port[peer.index] = at == start ? port : first_port[at];
    }
  }
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const std::uint32_t goal = nodes_[node].exit_router;
    if (distance[goal] == kFar) {
      throw Error("router " + std::to_string(start) + " has no path to node " +
                  std::to_string(node));
    }
    table_[start * nodes_.size() + node] =
        static_cast<std::uint16_t>(goal == start ? nodes_[node].exit_port : first_port[goal]);
  }
}

Route Wiring::route(std::uint32_t router, std::uint32_t input, std::uint32_t vc,
                    std::uint32_t destination, std::uint64_t sequence) const {
  if (torus_) return route_torus(router, input, vc, destination, sequence);
  return {table_[router * nodes_.size() + destination], all_vcs_};
}

// Dimension order, the shorter way round each ring. On entering a ring a packet gets one half of
// the virtual channels for all of that ring: the upper one if its way crosses the link between
// k - 1 and 0 (the dateline). So no chain of packets that wait for each other closes round a ring.
Route Wiring::route_torus(std::uint32_t router, std::uint32_t input, std::uint32_t vc,
                          std::uint32_t destination, std::uint64_t sequence) const {
  const auto k = static_cast<std::uint32_t>(spec_.k);
  const auto dims = static_cast<std::uint32_t>(spec_.n);
  const auto half = static_cast<std::uint32_t>(spec_.num_vcs) / 2;
  std::uint32_t here = router;
  std::uint32_t there = destination;
  std::uint32_t dim = 0;
  while (dim < dims && here % k == there % k) {
    here /= k;
    there /= k;
    ++dim;
  }
  if (dim == dims) return {2 * dims, all_vcs_};
  const std::uint64_t lower = all_vcs_ >> half;
  if (input / 2 == dim) return {input ^ 1U, vc >= half ? all_vcs_ & ~lower : lower};
  const std::uint32_t from = here % k;
  const std::uint32_t to = there % k;
  const std::uint32_t upwards = (to + k - from) % k;
  bool down = 2 * upwards > k;
  if (2 * upwards == k) {
    down = (scrambled(spec_.seed ^ scrambled(sequence * dims + dim)) & 1U) != 0;
  }
  const bool crosses = down ? to > from : to < from;
  return {2 * dim + (down ? 1U : 0U), crosses ? all_vcs_ & ~lower : lower};
}

}  // namespace npu::togsim::noc
