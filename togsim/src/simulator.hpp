// The whole machine: cores, memory, and the launches they work on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "clock.hpp"
#include "core.hpp"
#include "event_queue.hpp"
#include "graph.hpp"
#include "launches.hpp"
#include "machine.hpp"
#include "memory.hpp"
#include "stats.hpp"
#include "trace.hpp"

namespace npu::togsim {

struct SimulationResult {
  std::int64_t total_cycles = 0;  // core cycles
  std::int64_t events = 0;        // core steps taken
  std::vector<LaunchStats> launches;
  std::vector<CoreStats> cores;
  std::vector<ChannelStats> channels;
  Trace trace{TraceSpec{}};  // empty unless asked for
};

class Simulator {
 public:
  // Both must outlive the simulator. `plain` simulates memory without shortcuts: same results.
  Simulator(const ProgramSpec& program, const MachineSpec& machine, const TraceSpec& trace,
            bool plain = false);

  // Runs every launch to its end. Throws Error on a graph that cannot run, and on a deadlock.
  // `poll` is called now and then, and may end the run by throwing.
  SimulationResult run(const std::function<void()>& poll = [] {});

 private:
  bool know_memory();
  void deliver();
  void step(std::size_t core, CoreCycle now);
  void feed(std::size_t core, CoreCycle now);
  void end_if_drained(std::size_t core, CoreCycle now);
  void wake(std::size_t core, CoreCycle cycle);
  void wake_idle();
  [[nodiscard]] LaunchContext context(std::size_t launch) const;
  [[noreturn]] void report_deadlock() const;

  const ProgramSpec* program_;
  Clock<CoreCycle> clock_;
  std::unique_ptr<Memory> memory_;
  EventQueue events_;
  std::vector<Core> cores_;
  std::vector<CoreCycle> wake_at_;  // of each core: its next step, or kAsleep
  Launches launches_;
  SimulationResult result_;
};

}  // namespace npu::togsim
