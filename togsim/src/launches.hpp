// The launches of a program: which may start, and which work each core takes next.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "graph.hpp"
#include "stats.hpp"
#include "units.hpp"

namespace npu::togsim {

// A launch is ready a cycle after the last of those it waits for has completed. Each core takes the
// launches that have work for it in their order.
class Launches {
 public:
  // A core that, unless it is busy, must look for work in `cycle`.
  struct Wake {
    std::size_t core = 0;
    CoreCycle cycle;
  };

  // `program` must outlive the launches.
  Launches(const ProgramSpec& program, std::size_t num_cores);

  // Makes the launches that wait for nothing ready in cycle 0.
  void start();

  // The launch whose work items the idle core shall begin in `now`, if there is one.
  std::optional<std::size_t> take(std::size_t core, CoreCycle now);

  // A core has completed its work items of a launch.
  void core_done(std::size_t launch, CoreCycle now);

  // The cores to wake since the last call; valid until the next one.
  const std::vector<Wake>& wakes();

  [[nodiscard]] bool all_done() const { return done_ == states_.size(); }
  [[nodiscard]] CoreCycle last_end() const { return last_end_; }
  [[nodiscard]] const std::vector<LaunchStats>& stats() const { return stats_; }

  // Which launches wait for others, for the message of a deadlock.
  [[nodiscard]] std::string describe() const;

 private:
  struct State {
    std::size_t waiting_for = 0;  // launches of `after` not completed
    std::size_t cores_used = 0;   // cores with work items: the first ones
    std::size_t cores_left = 0;   // cores whose work items are not completed
    bool ready = false;
    bool begun = false;
    bool done = false;
    CoreCycle ready_at;           // once ready: when its work items may be decoded
    std::vector<std::size_t> successors;
  };

  void make_ready(std::size_t launch, CoreCycle now);
  void complete(std::size_t launch, CoreCycle now);

  std::vector<State> states_;
  std::vector<LaunchStats> stats_;
  std::vector<std::size_t> next_;  // of each core: launches before it are taken or not its own
  std::vector<Wake> wakes_;
  std::vector<Wake> handed_out_;
  std::size_t done_ = 0;
  CoreCycle last_end_;
};

}  // namespace npu::togsim
