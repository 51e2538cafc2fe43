// The network as its rules are written: every router, port and channel looked at in every cycle.
// It is what quick_engine.hpp must equal, arrival by arrival.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "noc/network.hpp"
#include "noc/packets.hpp"
#include "noc/plain_allocator.hpp"
#include "noc/wiring.hpp"

namespace npu::togsim::noc {

class PlainEngine final : public Engine {
 public:
  PlainEngine(const Spec& spec, Wiring wiring);

  void inject(IcntCycle now, std::uint32_t source, std::uint32_t destination, std::int64_t flits,
              std::uint64_t id) override;
  void receive(IcntCycle now, std::vector<Arrival>& out) override;
  void move(IcntCycle now) override;
  [[nodiscard]] bool idle() const override { return pool_.live() == 0 && credits_.empty(); }
  [[nodiscard]] bool source_empty(std::uint32_t node) const override {
    return sources_[node].flits.empty();
  }
  [[nodiscard]] const NetworkStats& stats() const override { return stats_; }

 private:
  struct Flit {
    std::uint32_t packet;
    bool head;
    bool tail;
    std::uint32_t vc;
  };
  enum class State : std::uint8_t { Idle, Routing, WaitsForChannel, Active };
  struct Channel {  // a virtual channel of an input
    std::deque<Flit> buffer;
    State state = State::Idle;
    std::int64_t routed = 0;  // cycle from which on it asks for a channel
    Route route;
    std::uint32_t output = 0;
    std::uint32_t vc = 0;
  };
  struct Downstream {  // what a sender knows of the channels at the far end
    std::vector<std::int64_t> occupied;
    std::vector<bool> held;
    std::vector<bool> tail_sent;
  };
  struct Router {
    std::vector<std::vector<Channel>> inputs;
    std::vector<Downstream> outputs;
    std::vector<std::size_t> offset;
    PlainAllocator vc_allocator;
    PlainAllocator sw_allocator;
  };
  struct Source {
    std::deque<Flit> flits;
    Downstream downstream;
    std::int64_t last_vc = -1;
  };
  struct Travelling {
    std::int64_t due;
    Peer to;
    Flit flit;
  };
  struct Credit {
    std::int64_t due;
    Peer to;
    std::uint32_t vc;
  };

  [[nodiscard]] Downstream empty_buffers() const;
  void give_credit(Downstream& downstream, std::uint32_t vc);
  void take(Downstream& downstream, const Flit& flit);
  void deliver_credits(std::int64_t now);
  void deliver_flits(IcntCycle now, std::vector<Arrival>& out);
  void buffer(std::int64_t now, Router& router, const Peer& to, const Flit& flit);
  void send(IcntCycle now, std::uint32_t node);
  void allocate(std::int64_t now, std::uint32_t index);
  std::vector<int> allocate_channels(std::int64_t now, Router& router);
  std::vector<std::vector<int>> switch_requests(const Router& router) const;
  void leave(std::int64_t now, std::uint32_t index, std::size_t input, std::size_t vc);

  Spec spec_;
  Wiring wiring_;
  std::size_t vcs_;
  PacketPool pool_;
  std::vector<Router> routers_;
  std::vector<Source> sources_;
  std::vector<Travelling> travelling_;
  std::vector<Credit> credits_;
  std::vector<std::size_t> link_base_;
  bool moved_ = false;
  NetworkStats stats_;
};

}  // namespace npu::togsim::noc
