#include "noc/quick_engine.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "error.hpp"

namespace npu::togsim::noc {

QuickEngine::Router::Router(const Spec& spec, const RouterWiring& wiring)
    : inputs(wiring.inputs.size()), outputs(wiring.outputs.size()),
      in(inputs * static_cast<std::size_t>(spec.num_vcs)),
      out(outputs * static_cast<std::size_t>(spec.num_vcs)), tail_sent(outputs, 0),
      ready(inputs * outputs, 0), offset(inputs, 0),
      vc_allocator(spec.vc_allocator, inputs, outputs, static_cast<std::size_t>(spec.num_vcs)),
      sw_allocator(spec.sw_allocator, inputs, outputs) {
  const std::uint64_t all =
      spec.num_vcs == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << spec.num_vcs) - 1;
  free.assign(outputs, all);
  for (OutputVc& vc : out) vc.credits = static_cast<std::uint32_t>(spec.vc_buf_size);
}

QuickEngine::QuickEngine(const Spec& spec, Wiring wiring)
    : spec_(spec), wiring_(std::move(wiring)), vcs_(static_cast<std::size_t>(spec.num_vcs)),
      crossing_(spec.st_prepare_delay + spec.st_final_delay),
      sources_(wiring_.nodes().size()), busy_routers_(1, wiring_.routers().size()),
      busy_sources_(1, wiring_.nodes().size()), flits_(wiring_.longest_link() + crossing_ + 1),
      credits_(wiring_.longest_link() + spec.credit_delay + 1), routed_(spec.routing_delay + 1) {
  routers_.reserve(wiring_.routers().size());
  std::uint32_t links = 0;
  for (const RouterWiring& router : wiring_.routers()) {
    routers_.emplace_back(spec, router);
    routers_.back().link_base = links;
    links += static_cast<std::uint32_t>(router.outputs.size());
  }
  stats_.link_flits.assign(links, 0);
  const std::uint64_t all =
      vcs_ == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << vcs_) - 1;
  for (Source& source : sources_) {
    source.free = source.credit = all;
    source.credits.assign(vcs_, static_cast<std::uint32_t>(spec.vc_buf_size));
  }
}

void QuickEngine::inject(IcntCycle now, std::uint32_t source, std::uint32_t destination,
                         std::int64_t flits, std::uint64_t id) {
  const std::uint32_t slot =
      pool_.make(now, source, destination, static_cast<std::uint32_t>(flits), id);
  Source& queue = sources_[source];
  if (queue.head == kNoPacket) {
    queue.head = slot;
    busy_sources_.set(0, source);
  } else {
    pool_[queue.tail].next = slot;
  }
  queue.tail = slot;
}

void QuickEngine::receive(IcntCycle now, std::vector<Arrival>& out) {
  take_credits(now);
  take_flits(now, out);
}

void QuickEngine::move(IcntCycle now) {
  moved_ = false;
  send_from_sources(now);
  start_waiting(now);
  busy_routers_.each(0, [&](std::size_t router) {
    allocate(now, static_cast<std::uint32_t>(router));
  });
  if (!moved_ && pool_.live() != 0 && flits_.empty() && credits_.empty() && routed_.empty()) {
    deadlock(now);
  }
}

void QuickEngine::take_credits(IcntCycle now) {
  for (const CreditEvent& event : credits_.due(now.n)) {
    if (event.to_node) {
      node_credit(event.target, event.vc);
    } else {
      router_credit(event.target, event.port, event.vc);
    }
  }
  credits_.clear_due(now.n);
}

void QuickEngine::node_credit(std::uint32_t node, std::uint16_t vc) {
  Source& source = sources_[node];
  source.credit |= bit(vc);
  if (++source.credits[vc] == spec_.vc_buf_size && (source.tail_sent & bit(vc)) != 0) {
    source.tail_sent &= ~bit(vc);
    source.free |= bit(vc);
  }
}

void QuickEngine::router_credit(std::uint32_t index, std::uint16_t port, std::uint16_t vc) {
  Router& router = routers_[index];
  OutputVc& out = router.out[port * vcs_ + vc];
  ++out.credits;
  if (out.owner != kNone && out.credits == 1 && router.in[out.owner].here > 0) {
    make_ready(router, out.owner);
    busy_routers_.set(0, index);
  }
  if (out.credits == spec_.vc_buf_size && (router.tail_sent[port] & bit(vc)) != 0) {
    router.tail_sent[port] &= ~bit(vc);
    router.free[port] |= bit(vc);
  }
}

void QuickEngine::take_flits(IcntCycle now, std::vector<Arrival>& out) {
  const std::size_t first = out.size();
  for (const FlitEvent& event : flits_.due(now.n)) {
    if (event.to_node) {
      node_flit(now, event, out);
    } else {
      router_flit(now, event);
    }
  }
  flits_.clear_due(now.n);
  // Equal links deliver in the order of routers and ports; unequal ones may not.
  const auto by_destination = [](const Arrival& a, const Arrival& b) {
    return a.destination < b.destination;
  };
  const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first);
  if (!std::is_sorted(begin, out.end(), by_destination)) std::sort(begin, out.end(), by_destination);
}

// A node takes every flit at once, and its buffer is free again in the same cycle.
void QuickEngine::node_flit(IcntCycle now, const FlitEvent& event, std::vector<Arrival>& out) {
  const NodeWiring& node = wiring_.nodes()[event.target];
  credits_.add(now.n + node.latency + 1 + spec_.credit_delay,
               {false, event.vc, static_cast<std::uint16_t>(node.exit_port), node.exit_router});
  Packet& packet = pool_[event.packet];
  if (count_arrival(packet, now, stats_)) {
    out.push_back(arrival_of(packet));
    pool_.release(event.packet);
  }
}

void QuickEngine::router_flit(IcntCycle now, const FlitEvent& event) {
  Router& router = routers_[event.target];
  const auto channel = static_cast<std::uint32_t>(event.port * vcs_ + event.vc);
  InputVc& in = router.in[channel];
  if (!event.head) {
    if (in.last != kNone) {
      ++entries_[in.last].flits;
    } else if (++in.here == 1 && in.active) {
      make_ready(router, channel);
      busy_routers_.set(0, event.target);
    }
    return;
  }
  if (in.packet == kNoPacket) {
    in.packet = event.packet;
    in.here = 1;
    in.sent = 0;
    routed_.add(now.n + spec_.routing_delay, {event.target, channel});
    return;
  }
  std::uint32_t entry = free_entry_;
  if (entry == kNone) {
    entry = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    free_entry_ = entries_[entry].next;
  }
  entries_[entry] = {event.packet, 1, kNone};
  if (in.last == kNone) {
    in.first = entry;
  } else {
    entries_[in.last].next = entry;
  }
  in.last = entry;
}

void QuickEngine::send_from_sources(IcntCycle now) {
  busy_sources_.each(0, [&](std::size_t node) {
    if (!send_from(now, static_cast<std::uint32_t>(node))) busy_sources_.clear(0, node);
  });
}

// Sends a flit if the node can; false when its queue is empty after that.
bool QuickEngine::send_from(IcntCycle now, std::uint32_t node) {
  Source& source = sources_[node];
  Packet& packet = pool_[source.head];
  const bool head = source.sent == 0;
  if (head) {
    const std::uint64_t choice = source.free & source.credit;
    if (choice == 0) return true;
    source.vc = static_cast<std::uint32_t>(first_from(choice, source.next_vc));
    source.next_vc = source.vc + 1 == vcs_ ? 0 : source.vc + 1;
    source.free &= ~bit(source.vc);
    packet.entered = now;
  } else if ((source.credit & bit(source.vc)) == 0) {
    return true;
  }
  moved_ = true;
  const NodeWiring& wiring = wiring_.nodes()[node];
  flits_.add(now.n + wiring.latency + 1,
             {false, head, static_cast<std::uint16_t>(source.vc),
              static_cast<std::uint16_t>(wiring.entry_port), wiring.entry_router, source.head});
  ++stats_.flits_entered;
  if (--source.credits[source.vc] == 0) source.credit &= ~bit(source.vc);
  if (++source.sent < packet.flits) return true;
  (spec_.wait_for_tail_credit ? source.tail_sent : source.free) |= bit(source.vc);
  source.sent = 0;
  source.head = packet.next;
  return source.head != kNoPacket;
}

void QuickEngine::start_waiting(IcntCycle now) {
  for (const RouteEvent& event : routed_.due(now.n)) {
    Router& router = routers_[event.router];
    const auto input = static_cast<std::uint32_t>(event.channel / vcs_);
    const auto vc = static_cast<std::uint32_t>(event.channel % vcs_);
    const Packet& packet = pool_[router.in[event.channel].packet];
    const Route route =
        wiring_.route(event.router, input, vc, packet.destination, packet.sequence);
    router.vc_allocator.wait(event.channel, route.port, route.vcs);
    busy_routers_.set(0, event.router);
  }
  routed_.clear_due(now.n);
}

// One cycle of a router. Both allocators see the state at the start of the cycle.
void QuickEngine::allocate(IcntCycle now, std::uint32_t index) {
  Router& router = routers_[index];
  const auto& channels = router.vc_allocator.allocate(router.free);
  const auto& crossings = router.sw_allocator.allocate();
  for (const VcAllocator::Match& match : channels) {
    InputVc& in = router.in[match.requester];
    in.active = true;
    in.output = static_cast<std::uint16_t>(match.output);
    in.vc = static_cast<std::uint16_t>(match.vc);
    router.free[match.output] &= ~bit(match.vc);
    router.out[match.output * vcs_ + match.vc].owner = match.requester;
  }
  for (const SwitchAllocator::Match& match : crossings) {
    leave(now, index, match.input, match.output);
  }
  for (const VcAllocator::Match& match : channels) make_ready(router, match.requester);
  if (!channels.empty() || !crossings.empty()) moved_ = true;
  if (router.vc_allocator.idle() && router.sw_allocator.idle()) busy_routers_.clear(0, index);
}

// A flit wins the switch from `input` to `output`: it leaves its buffer and is on its way.
void QuickEngine::leave(IcntCycle now, std::uint32_t index, std::size_t input,
                        std::size_t output) {
  Router& router = routers_[index];
  const RouterWiring& wiring = wiring_.routers()[index];
  const std::size_t vc = first_from(router.ready[input * router.outputs + output],
                                    router.offset[input]);
  router.offset[input] = static_cast<std::uint32_t>(vc + 1 == vcs_ ? 0 : vc + 1);
  const auto channel = static_cast<std::uint32_t>(input * vcs_ + vc);
  InputVc& in = router.in[channel];
  OutputVc& out = router.out[output * vcs_ + in.vc];
  Packet& packet = pool_[in.packet];
  const bool head = in.sent == 0;
  if (head) ++packet.hops;
  const Peer& to = wiring.outputs[output];
  flits_.add(now.n + crossing_ + to.latency + 1,
             {to.kind == Peer::Kind::Node, head, in.vc, static_cast<std::uint16_t>(to.port),
              to.index, in.packet});
  ++stats_.link_flits[router.link_base + output];
  const Peer& from = wiring.inputs[input];
  const bool to_node = from.kind == Peer::Kind::Node;
  credits_.add(now.n + from.latency + 1 + (to_node ? 0 : spec_.credit_delay),
               {to_node, static_cast<std::uint16_t>(vc), static_cast<std::uint16_t>(from.port),
                from.index});
  --out.credits;
  --in.here;
  if (++in.sent == packet.flits) {
    make_unready(router, channel);
    out.owner = kNone;
    (spec_.wait_for_tail_credit ? router.tail_sent : router.free)[output] |= bit(in.vc);
    in.active = false;
    next_packet(now, index, channel);
  } else if (in.here == 0 || out.credits == 0) {
    make_unready(router, channel);
  }
}

// The packet behind the one whose tail has just left starts to be routed in the next cycle.
void QuickEngine::next_packet(IcntCycle now, std::uint32_t index, std::uint32_t channel) {
  InputVc& in = routers_[index].in[channel];
  in.sent = 0;
  const std::uint32_t entry = in.first;
  if (entry == kNone) {
    in.packet = kNoPacket;
    return;
  }
  in.packet = entries_[entry].packet;
  in.here = entries_[entry].flits;
  in.first = entries_[entry].next;
  if (in.first == kNone) in.last = kNone;
  entries_[entry].next = free_entry_;
  free_entry_ = entry;
  routed_.add(now.n + 1 + spec_.routing_delay, {index, channel});
}

// The channel asks for the switch if it has a flit and a credit.
void QuickEngine::make_ready(Router& router, std::uint32_t channel) {
  const InputVc& in = router.in[channel];
  if (in.here == 0 || router.out[in.output * vcs_ + in.vc].credits == 0) return;
  const std::size_t input = channel / vcs_;
  router.ready[input * router.outputs + in.output] |= bit(channel % vcs_);
  router.sw_allocator.request(input, in.output);
}

void QuickEngine::make_unready(Router& router, std::uint32_t channel) {
  const InputVc& in = router.in[channel];
  const std::size_t input = channel / vcs_;
  std::uint64_t& ready = router.ready[input * router.outputs + in.output];
  ready &= ~bit(channel % vcs_);
  if (ready == 0) router.sw_allocator.withdraw(input, in.output);
}

void QuickEngine::deadlock(IcntCycle now) const {
  throw Error("the network is stuck in cycle " + std::to_string(now.n) + " with " +
              std::to_string(pool_.live()) +
              " packets: each waits for a virtual channel or a buffer that another one holds, so "
              "the routes of this topology close a circle; join the routers without one");
}

}  // namespace npu::togsim::noc
