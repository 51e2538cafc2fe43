#include "noc/plain_engine.hpp"

#include <string>
#include <utility>

#include "error.hpp"

namespace npu::togsim::noc {

PlainEngine::PlainEngine(const Spec& spec, Wiring wiring)
    : spec_(spec), wiring_(std::move(wiring)), vcs_(static_cast<std::size_t>(spec.num_vcs)) {
  std::size_t links = 0;
  for (const RouterWiring& router : wiring_.routers()) {
    const std::size_t inputs = router.inputs.size();
    const std::size_t outputs = router.outputs.size();
    routers_.push_back({std::vector<std::vector<Channel>>(inputs, std::vector<Channel>(vcs_)),
                        std::vector<Downstream>(outputs, empty_buffers()),
                        std::vector<std::size_t>(inputs, 0),
                        PlainAllocator(spec.vc_allocator, inputs * vcs_, outputs * vcs_),
                        PlainAllocator(spec.sw_allocator, inputs, outputs)});
    link_base_.push_back(links);
    links += outputs;
  }
  stats_.link_flits.assign(links, 0);
  sources_.resize(wiring_.nodes().size());
  for (Source& source : sources_) source.downstream = empty_buffers();
}

PlainEngine::Downstream PlainEngine::empty_buffers() const {
  return {std::vector<std::int64_t>(vcs_, 0), std::vector<bool>(vcs_, false),
          std::vector<bool>(vcs_, false)};
}

void PlainEngine::inject(IcntCycle now, std::uint32_t source, std::uint32_t destination,
                         std::int64_t flits, std::uint64_t id) {
  const auto count = static_cast<std::uint32_t>(flits);
  const std::uint32_t packet = pool_.make(now, source, destination, count, id);
  for (std::uint32_t i = 0; i < count; ++i) {
    sources_[source].flits.push_back({packet, i == 0, i + 1 == count, 0});
  }
}

void PlainEngine::receive(IcntCycle now, std::vector<Arrival>& out) {
  deliver_credits(now.n);
  deliver_flits(now, out);
}

void PlainEngine::move(IcntCycle now) {
  moved_ = false;
  for (std::uint32_t node = 0; node < sources_.size(); ++node) send(now, node);
  for (std::uint32_t router = 0; router < routers_.size(); ++router) allocate(now.n, router);
  bool routing = false;
  for (const Router& router : routers_) {
    for (const auto& input : router.inputs) {
      for (const Channel& channel : input) {
        routing = routing || (channel.state == State::Routing && channel.routed > now.n);
      }
    }
  }
  if (moved_ || routing || pool_.live() == 0 || !travelling_.empty() || !credits_.empty()) return;
  throw Error("the network is stuck in cycle " + std::to_string(now.n) + " with " +
              std::to_string(pool_.live()) +
              " packets: each waits for a virtual channel or a buffer that another one holds, so "
              "the routes of this topology close a circle; join the routers without one");
}

void PlainEngine::give_credit(Downstream& downstream, std::uint32_t vc) {
  --downstream.occupied[vc];
  if (downstream.tail_sent[vc] && downstream.occupied[vc] == 0) {
    downstream.held[vc] = false;
    downstream.tail_sent[vc] = false;
  }
}

// A flit is sent into a buffer at the far end; its tail gives the channel back.
void PlainEngine::take(Downstream& downstream, const Flit& flit) {
  ++downstream.occupied[flit.vc];
  if (!flit.tail) return;
  if (spec_.wait_for_tail_credit) {
    downstream.tail_sent[flit.vc] = true;
  } else {
    downstream.held[flit.vc] = false;
  }
}

void PlainEngine::deliver_credits(std::int64_t now) {
  for (const Credit& credit : credits_) {
    if (credit.due != now) continue;
    Downstream& downstream = credit.to.kind == Peer::Kind::Node
                                 ? sources_[credit.to.index].downstream
                                 : routers_[credit.to.index].outputs[credit.to.port];
    give_credit(downstream, credit.vc);
  }
  std::erase_if(credits_, [&](const Credit& credit) { return credit.due == now; });
}

void PlainEngine::deliver_flits(IcntCycle now, std::vector<Arrival>& out) {
  for (std::uint32_t node = 0; node < sources_.size(); ++node) {
    for (const Travelling& item : travelling_) {
      if (item.due != now.n || item.to.kind != Peer::Kind::Node || item.to.index != node) continue;
      const NodeWiring& wiring = wiring_.nodes()[node];
      credits_.push_back({now.n + wiring.latency + 1 + spec_.credit_delay,
                          {Peer::Kind::Router, wiring.exit_router, wiring.exit_port, 1},
                          item.flit.vc});
      if (!count_arrival(pool_[item.flit.packet], now, stats_)) continue;
      out.push_back(arrival_of(pool_[item.flit.packet]));
      pool_.release(item.flit.packet);
    }
  }
  for (const Travelling& item : travelling_) {
    if (item.due != now.n || item.to.kind != Peer::Kind::Router) continue;
    buffer(now.n, routers_[item.to.index], item.to, item.flit);
  }
  std::erase_if(travelling_, [&](const Travelling& item) { return item.due == now.n; });
}

void PlainEngine::buffer(std::int64_t now, Router& router, const Peer& to, const Flit& flit) {
  Channel& channel = router.inputs[to.port][flit.vc];
  channel.buffer.push_back(flit);
  if (channel.state != State::Idle) return;
  channel.state = State::Routing;
  channel.routed = now + spec_.routing_delay;
}

void PlainEngine::send(IcntCycle now, std::uint32_t node) {
  Source& source = sources_[node];
  if (source.flits.empty()) return;
  Flit flit = source.flits.front();
  Downstream& down = source.downstream;
  if (flit.head) {
    bool found = false;
    for (std::size_t i = 1; i <= vcs_ && !found; ++i) {
      const auto vc = static_cast<std::size_t>(source.last_vc + static_cast<std::int64_t>(i)) %
                      vcs_;
      if (down.held[vc] || down.occupied[vc] == spec_.vc_buf_size) continue;
      source.last_vc = static_cast<std::int64_t>(vc);
      down.held[vc] = true;
      found = true;
    }
    if (!found) return;
    pool_[flit.packet].entered = now;
  }
  flit.vc = static_cast<std::uint32_t>(source.last_vc);
  if (down.occupied[flit.vc] == spec_.vc_buf_size) return;
  moved_ = true;
  const NodeWiring& wiring = wiring_.nodes()[node];
  travelling_.push_back({now.n + wiring.latency + 1,
                         {Peer::Kind::Router, wiring.entry_router, wiring.entry_port, 1}, flit});
  ++stats_.flits_entered;
  take(down, flit);
  source.flits.pop_front();
}

// What waits for a channel asks for every free one of its route; -1 where nothing was given.
std::vector<int> PlainEngine::allocate_channels(std::int64_t now, Router& router) {
  const std::size_t inputs = router.inputs.size();
  const std::size_t outputs = router.outputs.size();
  std::vector<std::vector<bool>> requests(inputs * vcs_, std::vector<bool>(outputs * vcs_, false));
  const auto index = static_cast<std::uint32_t>(&router - routers_.data());
  for (std::size_t input = 0; input < inputs; ++input) {
    for (std::size_t vc = 0; vc < vcs_; ++vc) {
      Channel& channel = router.inputs[input][vc];
      if (channel.state == State::Routing && channel.routed <= now) {
        const Packet& packet = pool_[channel.buffer.front().packet];
        channel.route = wiring_.route(index, static_cast<std::uint32_t>(input),
                                      static_cast<std::uint32_t>(vc), packet.destination,
                                      packet.sequence);
        channel.state = State::WaitsForChannel;
      }
      if (channel.state != State::WaitsForChannel) continue;
      for (std::size_t out = 0; out < vcs_; ++out) {
        const bool may = ((channel.route.vcs >> out) & 1U) != 0;
        requests[input * vcs_ + vc][channel.route.port * vcs_ + out] =
            may && !router.outputs[channel.route.port].held[out];
      }
    }
  }
  return router.vc_allocator.allocate(requests);
}

// The channel that asks for each output at each input, or -1: round robin from the input's offset.
std::vector<std::vector<int>> PlainEngine::switch_requests(const Router& router) const {
  std::vector<std::vector<int>> asking(router.inputs.size(),
                                       std::vector<int>(router.outputs.size(), -1));
  for (std::size_t input = 0; input < router.inputs.size(); ++input) {
    for (std::size_t i = vcs_; i-- > 0;) {
      const std::size_t vc = (router.offset[input] + i) % vcs_;
      const Channel& channel = router.inputs[input][vc];
      if (channel.state != State::Active || channel.buffer.empty()) continue;
      if (router.outputs[channel.output].occupied[channel.vc] == spec_.vc_buf_size) continue;
      asking[input][channel.output] = static_cast<int>(vc);
    }
  }
  return asking;
}

void PlainEngine::allocate(std::int64_t now, std::uint32_t index) {
  Router& router = routers_[index];
  const std::vector<std::vector<int>> asking = switch_requests(router);
  const std::vector<int> channels = allocate_channels(now, router);
  std::vector<std::vector<bool>> requests;
  for (const std::vector<int>& row : asking) {
    requests.emplace_back();
    for (const int vc : row) requests.back().push_back(vc >= 0);
  }
  const std::vector<int> crossings = router.sw_allocator.allocate(requests);
  for (std::size_t requester = 0; requester < channels.size(); ++requester) {
    if (channels[requester] < 0) continue;
    const auto resource = static_cast<std::size_t>(channels[requester]);
    Channel& channel = router.inputs[requester / vcs_][requester % vcs_];
    channel.state = State::Active;
    channel.output = static_cast<std::uint32_t>(resource / vcs_);
    channel.vc = static_cast<std::uint32_t>(resource % vcs_);
    router.outputs[channel.output].held[channel.vc] = true;
    moved_ = true;
  }
  for (std::size_t input = 0; input < crossings.size(); ++input) {
    if (crossings[input] < 0) continue;
    const int vc = asking[input][static_cast<std::size_t>(crossings[input])];
    leave(now, index, input, static_cast<std::size_t>(vc));
    moved_ = true;
  }
}

void PlainEngine::leave(std::int64_t now, std::uint32_t index, std::size_t input, std::size_t vc) {
  Router& router = routers_[index];
  const RouterWiring& wiring = wiring_.routers()[index];
  Channel& channel = router.inputs[input][vc];
  router.offset[input] = (vc + 1) % vcs_;
  Flit flit = channel.buffer.front();
  channel.buffer.pop_front();
  if (flit.head) ++pool_[flit.packet].hops;
  flit.vc = channel.vc;
  take(router.outputs[channel.output], flit);
  const Peer& to = wiring.outputs[channel.output];
  travelling_.push_back(
      {now + spec_.st_prepare_delay + spec_.st_final_delay + to.latency + 1, to, flit});
  ++stats_.link_flits[link_base_[index] + channel.output];
  const Peer& from = wiring.inputs[input];
  const bool to_node = from.kind == Peer::Kind::Node;
  credits_.push_back({now + from.latency + 1 + (to_node ? 0 : spec_.credit_delay), from,
                      static_cast<std::uint32_t>(vc)});
  if (!flit.tail) return;
  channel.state = channel.buffer.empty() ? State::Idle : State::Routing;
  channel.routed = now + 1 + spec_.routing_delay;
}

}  // namespace npu::togsim::noc
