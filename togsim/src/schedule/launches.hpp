// The launches: which may start, in which order, and which work each core takes next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "graph.hpp"
#include "machine.hpp"
#include "schedule/policies.hpp"
#include "stats.hpp"
#include "units.hpp"

namespace npu::togsim {

// Every core belongs to one queue; the work items of a launch go to the cores of its queue in turn.
// A launch is ready once it has arrived and a cycle has passed since the last of those it waits for
// has completed. A core with nothing to do asks its queue's policy. So cores of one queue may work
// on different launches, and no launch is preempted.
class Launches {
 public:
  // A core that, unless it is busy, must look for work in `cycle`.
  struct Wake {
    std::size_t core = 0;
    CoreCycle cycle;
  };

  explicit Launches(const MachineSpec& machine);

  // Adds launches of a program's kernels, numbered on from those there are. Throws Error for a queue
  // that the machine does not have or that has no core.
  void submit(const std::vector<KernelSpec>& kernels, const std::vector<LaunchSpec>& launches);

  // All that is submitted has completed; what comes later arrives a cycle after that at the earliest.
  void barrier();

  // The launch whose work items the idle core shall begin in `now`, if there is one.
  std::optional<std::size_t> take(std::size_t core, CoreCycle now);

  // When the idle core shall look for work again unless it is woken before, as far as is known.
  [[nodiscard]] std::optional<CoreCycle> next_ready(std::size_t core) const;

  // A core's part of a launch of its queue.
  [[nodiscard]] Share share(std::size_t core) const;

  // A core has completed its work items of a launch.
  void core_done(std::size_t launch, CoreCycle now);

  // The cores to wake since the last call; valid until the next one.
  const std::vector<Wake>& wakes();

  // The launches that have completed since the last call; valid until the next one.
  const std::vector<std::size_t>& completed();

  [[nodiscard]] bool all_done() const { return done_ == states_.size(); }
  [[nodiscard]] CoreCycle last_end() const { return last_end_; }
  [[nodiscard]] const std::vector<LaunchStats>& stats() const { return stats_; }

  // Which launches have not started and why, for the message of a deadlock.
  [[nodiscard]] std::string describe() const;

 private:
  struct State {
    Ticket ticket;
    std::size_t queue = 0;
    std::size_t waiting_for = 0;  // launches of `after` not completed
    CoreCycle behind;             // a cycle after the last of those that are
    std::size_t cores_used = 0;   // cores with work items: the first ones of the queue
    std::size_t cores_left = 0;   // cores whose work items are not completed
    bool ready = false;           // when it may start is known
    bool started = false;
    bool done = false;
    std::vector<std::size_t> successors;
  };

  using Upcoming = std::pair<CoreCycle, std::size_t>;  // when a launch may start

  struct Queue {
    std::vector<std::size_t> cores;
    std::unique_ptr<Policy> policy;
    std::priority_queue<Upcoming, std::vector<Upcoming>, std::greater<>> upcoming;
  };

  struct Seat {
    std::size_t queue = 0;
    std::size_t rank = 0;  // among the queue's cores
  };

  void add(const LaunchSpec& launch, std::int64_t items, std::size_t first);
  [[nodiscard]] bool waits_for_nothing(const State& state) const {
    return state.waiting_for == 0 && !state.ready;
  }
  [[nodiscard]] std::string unfinished(std::size_t launch) const;
  [[nodiscard]] bool has_work(std::size_t launch, const Seat& seat) const;
  void settle(std::size_t launch, CoreCycle now);
  void make_ready(std::size_t launch, CoreCycle now);

  Clock<CoreCycle> clock_;
  std::string scheduler_;
  std::vector<Queue> queues_;
  std::vector<Seat> seats_;  // of each core
  std::vector<State> states_;
  std::vector<LaunchStats> stats_;
  std::vector<std::size_t> completed_;
  std::vector<std::size_t> completed_handed_out_;
  std::vector<Wake> wakes_;
  std::vector<Wake> handed_out_;
  std::size_t requests_ = 0;  // numbers given to requests
  std::size_t done_ = 0;
  CoreCycle earliest_;        // no launch that is submitted now arrives before
  CoreCycle last_end_;
};

}  // namespace npu::togsim
