// The whole machine: cores, memory, and the order of launches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "clock.hpp"
#include "core.hpp"
#include "event_queue.hpp"
#include "graph.hpp"
#include "machine.hpp"
#include "memory.hpp"
#include "stats.hpp"

namespace npu::togsim {

struct SimulationResult {
  std::int64_t total_cycles = 0;  // core cycles
  std::int64_t events = 0;        // core steps taken
  std::vector<LaunchStats> launches;
  std::vector<CoreStats> cores;
  std::vector<ChannelStats> channels;
  std::vector<TraceRecord> trace;  // empty unless asked for
};

class Simulator {
 public:
  // Both must outlive the simulator.
  Simulator(const ProgramSpec& program, const MachineSpec& machine, bool trace);

  // Runs every launch to its end. Throws Error on a graph that cannot run, and on a deadlock.
  // `poll` is called now and then, and may end the run by throwing.
  SimulationResult run(const std::function<void()>& poll = [] {});

 private:
  struct LaunchState {
    std::size_t waiting_for = 0;  // launches of `after` not completed
    std::size_t cores_left = 0;   // cores whose work items are not completed
    bool ready = false;
    bool begun = false;
    bool done = false;
    CoreCycle ready_at;           // once ready: when its work items may be decoded
    std::vector<std::size_t> successors;
  };

  void prepare_launches();
  [[nodiscard]] std::size_t cores_used(std::size_t launch) const;
  void make_ready(std::size_t launch, CoreCycle now);
  void complete(std::size_t launch, CoreCycle now);
  void step(std::size_t core, CoreCycle now);
  void feed(std::size_t core, CoreCycle now);
  void begin(std::size_t launch, std::size_t core, CoreCycle now);
  void end_if_drained(std::size_t core, CoreCycle now);
  void wake(std::size_t core, CoreCycle cycle);
  [[nodiscard]] LaunchContext context(std::size_t launch) const;
  [[noreturn]] void report_deadlock() const;

  const ProgramSpec* program_;
  const MachineSpec* machine_;
  Clock<CoreCycle> clock_;
  Memory memory_;
  EventQueue events_;
  std::vector<Core> cores_;
  std::vector<std::size_t> next_launch_;  // of each core: launches are taken in their order
  std::vector<CoreCycle> wake_at_;        // of each core: its next step, or kAsleep
  std::vector<LaunchState> launches_;
  std::size_t launches_done_ = 0;
  SimulationResult result_;
};

}  // namespace npu::togsim
