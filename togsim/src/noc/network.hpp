// A network of input-queued routers with virtual channels, cycle by cycle.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "noc/spec.hpp"
#include "units.hpp"

namespace npu::togsim::noc {

// How a network is simulated: the quick way, or plainly as the rules are written. Equal results.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  virtual void inject(IcntCycle now, std::uint32_t source, std::uint32_t destination,
                      std::int64_t flits, std::uint64_t id) = 0;
  virtual void receive(IcntCycle now, std::vector<Arrival>& out) = 0;
  virtual void move(IcntCycle now) = 0;
  [[nodiscard]] virtual bool idle() const = 0;
  [[nodiscard]] virtual bool source_empty(std::uint32_t node) const = 0;
  [[nodiscard]] virtual const NetworkStats& stats() const = 0;
};

class Network {
 public:
  // Raises Error for a Spec that no network can be made of. `plain` takes the slow and obvious way.
  explicit Network(const Spec& spec, bool plain = false);

  // Puts a packet at the end of the (unbounded) source queue of node `source`, in cycle `now`,
  // ahead of move(now). Its first flit can leave the queue in that very cycle.
  void inject(IcntCycle now, std::uint32_t source, std::uint32_t destination, std::int64_t flits,
              std::uint64_t id);

  // Simulates cycle `now` and appends the packets whose last flit arrives in it, in the order of
  // their destinations. Cycles follow one another; while idle() they may be skipped.
  // Raises Error when the network can never move again (a deadlock of its routes).
  void step(IcntCycle now, std::vector<Arrival>& out) {
    receive(now, out);
    move(now);
  }

  // The two halves of a cycle, for nodes that answer in the cycle of an arrival: what arrives, and
  // everything that moves.
  void receive(IcntCycle now, std::vector<Arrival>& out) { engine_->receive(now, out); }
  void move(IcntCycle now) { engine_->move(now); }

  // Nothing is on its way, neither flits nor credits.
  [[nodiscard]] bool idle() const { return engine_->idle(); }

  // All flits of the packets that were put into the node's source queue have left it.
  [[nodiscard]] bool source_empty(std::uint32_t node) const { return engine_->source_empty(node); }

  [[nodiscard]] std::size_t nodes() const { return nodes_; }
  [[nodiscard]] const NetworkStats& stats() const { return engine_->stats(); }

 private:
  std::size_t nodes_ = 0;
  std::unique_ptr<Engine> engine_;
};

}  // namespace npu::togsim::noc
