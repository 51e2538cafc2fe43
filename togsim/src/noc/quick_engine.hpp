// The network simulated with work only where flits are: see plain_engine.hpp for the rules alone.
#pragma once

#include <cstdint>
#include <vector>

#include "noc/bits.hpp"
#include "noc/network.hpp"
#include "noc/packets.hpp"
#include "noc/switch_allocator.hpp"
#include "noc/vc_allocator.hpp"
#include "noc/wheel.hpp"
#include "noc/wiring.hpp"

namespace npu::togsim::noc {

class QuickEngine final : public Engine {
 public:
  QuickEngine(const Spec& spec, Wiring wiring);

  void inject(IcntCycle now, std::uint32_t source, std::uint32_t destination, std::int64_t flits,
              std::uint64_t id) override;
  void receive(IcntCycle now, std::vector<Arrival>& out) override;
  void move(IcntCycle now) override;
  [[nodiscard]] bool idle() const override {
    return pool_.live() == 0 && flits_.empty() && credits_.empty() && routed_.empty();
  }
  [[nodiscard]] bool source_empty(std::uint32_t node) const override {
    return sources_[node].head == kNoPacket;
  }
  [[nodiscard]] const NetworkStats& stats() const override { return stats_; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // A virtual channel of an input: the packet at its head, and those behind it in a list.
  struct InputVc {
    std::uint32_t packet = kNoPacket;
    std::uint32_t here = 0;  // flits of that packet in the buffer
    std::uint32_t sent = 0;  // flits of it that have left
    std::uint32_t first = kNone;  // entries_ of the packets behind it
    std::uint32_t last = kNone;
    std::uint16_t output = 0;
    std::uint16_t vc = 0;
    bool active = false;  // it holds virtual channel `vc` of `output`
  };

  // A packet behind another one in a virtual channel.
  struct Entry {
    std::uint32_t packet = kNoPacket;
    std::uint32_t flits = 0;
    std::uint32_t next = kNone;
  };

  // What a sender knows of a virtual channel at the far end of its link.
  struct OutputVc {
    std::uint32_t credits = 0;
    std::uint32_t owner = kNone;  // input virtual channel that holds it
  };

  struct Router {
    Router(const Spec& spec, const RouterWiring& wiring);
    std::size_t inputs;
    std::size_t outputs;
    std::uint32_t link_base = 0;  // of its output ports in NetworkStats::link_flits
    std::vector<InputVc> in;      // [input * num_vcs + vc]
    std::vector<OutputVc> out;    // [output * num_vcs + vc]
    std::vector<std::uint64_t> free;       // [output] channels that no packet holds
    std::vector<std::uint64_t> tail_sent;  // [output] channels that wait for their last credits
    std::vector<std::uint64_t> ready;      // [input * outputs + output] channels that can send
    std::vector<std::uint32_t> offset;     // [input] channel that the switch prefers
    VcAllocator vc_allocator;
    SwitchAllocator sw_allocator;
  };

  struct Source {
    std::uint32_t head = kNoPacket;
    std::uint32_t tail = kNoPacket;
    std::uint32_t sent = 0;   // flits of the head packet that have left
    std::uint32_t vc = 0;     // of the head packet, once it has begun
    std::uint32_t next_vc = 0;
    std::uint64_t free = 0;       // channels that no unfinished packet holds
    std::uint64_t credit = 0;     // channels with a credit
    std::uint64_t tail_sent = 0;
    std::vector<std::uint32_t> credits;  // [vc]
  };

  struct FlitEvent {
    bool to_node;
    bool head;
    std::uint16_t vc;
    std::uint16_t port;
    std::uint32_t target;
    std::uint32_t packet;
  };
  struct CreditEvent {
    bool to_node;
    std::uint16_t vc;
    std::uint16_t port;
    std::uint32_t target;
  };
  struct RouteEvent {
    std::uint32_t router;
    std::uint32_t channel;  // input * num_vcs + vc
  };

  void take_credits(IcntCycle now);
  void node_credit(std::uint32_t node, std::uint16_t vc);
  void router_credit(std::uint32_t router, std::uint16_t port, std::uint16_t vc);
  void take_flits(IcntCycle now, std::vector<Arrival>& out);
  void node_flit(IcntCycle now, const FlitEvent& event, std::vector<Arrival>& out);
  void router_flit(IcntCycle now, const FlitEvent& event);
  void send_from_sources(IcntCycle now);
  bool send_from(IcntCycle now, std::uint32_t node);
  void start_waiting(IcntCycle now);
  void allocate(IcntCycle now, std::uint32_t router);
  void leave(IcntCycle now, std::uint32_t index, std::size_t input, std::size_t output);
  void next_packet(IcntCycle now, std::uint32_t index, std::uint32_t channel);
  void make_ready(Router& router, std::uint32_t channel);
  void make_unready(Router& router, std::uint32_t channel);
  [[noreturn]] void deadlock(IcntCycle now) const;

  Spec spec_;
  Wiring wiring_;
  std::size_t vcs_;
  std::int64_t crossing_;  // cycles from the switch's grant to the link
  PacketPool pool_;
  std::vector<Router> routers_;
  std::vector<Source> sources_;
  BitRows busy_routers_;
  BitRows busy_sources_;
  std::vector<Entry> entries_;
  std::uint32_t free_entry_ = kNone;
  Wheel<FlitEvent> flits_;
  Wheel<CreditEvent> credits_;
  Wheel<RouteEvent> routed_;
  bool moved_ = false;  // in this cycle something was granted or left a source
  NetworkStats stats_;
};

}  // namespace npu::togsim::noc
