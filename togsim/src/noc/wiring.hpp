// Which port of which router is joined to what, and where a packet leaves a router.
#pragma once

#include <cstdint>
#include <vector>

#include "noc/spec.hpp"

namespace npu::togsim::noc {

// The far end of a router's port. A port at the edge of a mesh leads nowhere.
struct Peer {
  enum class Kind : std::uint8_t { Nothing, Router, Node };
  Kind kind = Kind::Nothing;
  std::uint32_t index = 0;  // of the router or the node
  std::uint32_t port = 0;   // of that router
  std::int64_t latency = 1;  // of flits one way and of credits the other
};

struct RouterWiring {
  std::vector<Peer> inputs;
  std::vector<Peer> outputs;
};

// A node sends into `entry_port` of `entry_router` and is sent to by `exit_port` of `exit_router`.
struct NodeWiring {
  std::uint32_t entry_router = 0;
  std::uint32_t entry_port = 0;
  std::uint32_t exit_router = 0;
  std::uint32_t exit_port = 0;
  std::int64_t latency = 1;
};

// An output port, and the virtual channels of it that a packet may ask for (bit v: channel v).
struct Route {
  std::uint32_t port = 0;
  std::uint64_t vcs = 0;
};

class Wiring {
 public:
  explicit Wiring(const Spec& spec);

  [[nodiscard]] const std::vector<RouterWiring>& routers() const { return routers_; }
  [[nodiscard]] const std::vector<NodeWiring>& nodes() const { return nodes_; }
  [[nodiscard]] std::int64_t longest_link() const;

  // For the packet that was injected as number `sequence` and came in by virtual channel `vc` of
  // port `input`.
  [[nodiscard]] Route route(std::uint32_t router, std::uint32_t input, std::uint32_t vc,
                            std::uint32_t destination, std::uint64_t sequence) const;

 private:
  void build_fly();
  void build_cube(bool torus);
  void build_anynet();
  void route_anynet(std::uint32_t start);
  void join(std::uint32_t from, std::uint32_t output, std::uint32_t to, std::uint32_t input,
            std::int64_t latency);
  void attach(std::uint32_t node, const NodeWiring& wiring);
  void size_table();
  [[nodiscard]] Route route_torus(std::uint32_t router, std::uint32_t input, std::uint32_t vc,
                                  std::uint32_t destination, std::uint64_t sequence) const;

  Spec spec_;
  std::vector<RouterWiring> routers_;
  std::vector<NodeWiring> nodes_;
  std::vector<std::uint16_t> table_;  // [router * nodes + destination] -> output port
  std::uint64_t all_vcs_ = 0;
  bool torus_ = false;
};

}  // namespace npu::togsim::noc
