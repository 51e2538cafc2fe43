// The whole machine: cores, memory, and the launches they work on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "clock.hpp"
#include "core/core.hpp"
#include "event_queue.hpp"
#include "graph.hpp"
#include "schedule/launches.hpp"
#include "listening.hpp"
#include "machine.hpp"
#include "memory/memory.hpp"
#include "schedule/residency.hpp"
#include "stats.hpp"
#include "trace.hpp"

namespace npu::togsim {

struct SimulationResult {
  std::int64_t total_cycles = 0;  // core cycles
  std::int64_t events = 0;        // core steps taken
  std::vector<LaunchStats> launches;
  std::vector<CoreStats> cores;
  std::vector<ChannelStats> channels;
  std::vector<l2::SliceStats> slices;  // one a channel; empty without an L2
  std::optional<noc::NetworkStats> network;  // of a detailed network
  NetworkTraffic network_traffic;      // of any network, when a period is set
  Trace trace{TraceSpec{}};  // empty unless asked for
};

// One continuous simulated time: programs are submitted, run() runs what there is, and so on. Memory
// and cores keep their state from one run to the next. After an Error nothing may be called.
class Simulator {
 public:
  // `machine` must outlive the simulator. `plain` simulates memory without shortcuts: same results.
  Simulator(const MachineSpec& machine, const TraceSpec& trace, bool plain = false);
  Simulator(const Simulator&) = delete;  // cores point into it
  Simulator& operator=(const Simulator&) = delete;

  // Adds a program's launches to those to run. Throws Error on launches that no core can run.
  void submit(ProgramSpec program);

  // The same for launches of a program that was submitted before; these are numbered from 0.
  void submit_again(std::size_t program, const std::vector<LaunchSpec>& launches);
  [[nodiscard]] const ProgramSpec& program(std::size_t number) const {
    return programs_.at(number);
  }

  // Runs every launch to its end and returns the cycle of the last one's; what is submitted later
  // starts after it. Throws Error on a graph that cannot run, and on a deadlock.
  CoreCycle run();

  // The figures of all that has run.
  [[nodiscard]] SimulationResult result();

 private:
  struct Source {
    std::size_t program = 0;
    std::size_t kernel = 0;
    std::vector<std::size_t> tensors;
    std::shared_ptr<const IndexValues> indices;
  };

  bool know_memory();
  void deliver();
  void step(std::size_t core, CoreCycle now);
  void feed(std::size_t core, CoreCycle now);
  void end_if_drained(std::size_t core, CoreCycle now);
  void wake(std::size_t core, CoreCycle cycle);
  void wake_idle();
  void release_completed(CoreCycle now);
  [[nodiscard]] LaunchContext context(std::size_t launch, std::size_t core) const;
  [[noreturn]] void report_deadlock() const;

  Clock<CoreCycle> clock_;
  std::unique_ptr<Memory> memory_;
  EventQueue events_;
  std::vector<Core> cores_;
  std::vector<CoreCycle> wake_at_;  // of each core: its next step, or kAsleep
  std::deque<ProgramSpec> programs_;  // cores point into them
  std::vector<Source> sources_;       // of each launch
  Launches launches_;
  Residency residency_;
  std::int64_t steps_ = 0;  // of cores
  Turns turns_;
  Trace trace_;
};

// One program alone, from time 0. Throws as Simulator does.
[[nodiscard]] SimulationResult simulate(ProgramSpec program, const MachineSpec& machine,
                                        const TraceSpec& trace = {}, bool plain = false);

}  // namespace npu::togsim
