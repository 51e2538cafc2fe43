#include "noc/network.hpp"

#include <string>

#include "error.hpp"
#include "noc/plain_engine.hpp"
#include "noc/quick_engine.hpp"
#include "noc/wiring.hpp"

namespace npu::togsim::noc {

Network::Network(const Spec& spec, bool plain) {
  Wiring wiring(spec);
  nodes_ = wiring.nodes().size();
  if (plain) {
    engine_ = std::make_unique<PlainEngine>(spec, std::move(wiring));
  } else {
    engine_ = std::make_unique<QuickEngine>(spec, std::move(wiring));
  }
}

void Network::inject(IcntCycle now, std::uint32_t source, std::uint32_t destination,
                     std::int64_t flits, std::uint64_t id) {
  if (source >= nodes_ || destination >= nodes_) {
    throw Error("a packet from node " + std::to_string(source) + " to node " +
                std::to_string(destination) + " of a network of " + std::to_string(nodes_));
  }
  if (flits < 1 || flits > (std::int64_t{1} << 31)) throw Error("a packet without flits");
  engine_->inject(now, source, destination, flits, id);
}

}  // namespace npu::togsim::noc
