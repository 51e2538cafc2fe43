#include "simulator.hpp"

#include <limits>
#include <string>
#include <utility>

#include "error.hpp"

namespace npu::togsim {
namespace {

constexpr CoreCycle kAsleep{std::numeric_limits<std::int64_t>::max()};
constexpr std::int64_t kStepsPerPoll = 1 << 14;  // some ten milliseconds

}  // namespace

Simulator::Simulator(const ProgramSpec& program, const MachineSpec& machine,
                     const TraceSpec& trace, bool plain)
    : program_(&program), clock_(machine.core_freq_mhz), memory_(make_memory(machine, plain)),
      wake_at_(static_cast<std::size_t>(machine.num_cores), kAsleep),
      launches_(program, static_cast<std::size_t>(machine.num_cores)) {
  result_.trace = Trace(trace);
  for (std::size_t i = 0; i < wake_at_.size(); ++i) {
    cores_.emplace_back(i, machine, *memory_);
    if (trace.enabled) cores_.back().trace_into(&result_.trace);
  }
}

SimulationResult Simulator::run(const std::function<void()>& poll) {
  launches_.start();
  wake_idle();
  for (std::int64_t steps = 0;; ++steps) {
    if (steps % kStepsPerPoll == 0) poll();
    if (know_memory()) continue;
    if (events_.empty()) break;
    const Event event = events_.take();
    const CoreCycle now = clock_.at_or_after(event.time);
    if (wake_at_[event.target] != now) continue;  // overtaken by an earlier wake
    wake_at_[event.target] = kAsleep;
    step(event.target, now);
  }
  if (!launches_.all_done()) report_deadlock();
  result_.total_cycles = launches_.last_end().n;
  result_.launches = launches_.stats();
  for (Core& core : cores_) {
    core.account(CoreCycle{result_.total_cycles});
    result_.cores.push_back(core.stats());
  }
  result_.trace.finish();
  memory_->finish(clock_.edge(launches_.last_end()));
  result_.channels = memory_->channel_stats();
  return std::move(result_);
}

// Before the next core steps, memory must know what its cycle will see. True as long as memory goes
// on: what it finds may wake a core earlier.
bool Simulator::know_memory() {
  deliver();
  const bool more = memory_->advance(events_.next_time());
  return more || !memory_->completed().empty();
}

void Simulator::deliver() {
  for (const CompletedTransfer& transfer : memory_->completed()) {
    wake(transfer.core, cores_[transfer.core].deliver(transfer));
  }
  memory_->clear_completed();
}

void Simulator::step(std::size_t core, CoreCycle now) {
  ++result_.events;
  cores_[core].retire(now);
  feed(core, now);
  const auto next = cores_[core].act(now);
  if (next && cores_[core].busy()) wake(core, *next);
}

// Ends the core's launch if it is drained and gives the core the next one that is ready.
void Simulator::feed(std::size_t core, CoreCycle now) {
  end_if_drained(core, now);
  while (!cores_[core].busy()) {
    const auto launch = launches_.take(core, now);
    if (!launch) break;
    cores_[core].begin(context(*launch), now);
    end_if_drained(core, now);  // work items without operations
  }
  wake_idle();
}

void Simulator::end_if_drained(std::size_t core, CoreCycle now) {
  const auto ended = cores_[core].end_if_drained(now);
  if (ended) launches_.core_done(*ended, now);
}

// Launches have become ready: idle cores look for work.
void Simulator::wake_idle() {
  for (const auto& [core, cycle] : launches_.wakes()) {
    if (!cores_[core].busy()) wake(core, cycle);
  }
}

void Simulator::wake(std::size_t core, CoreCycle cycle) {
  if (wake_at_[core] <= cycle) return;
  wake_at_[core] = cycle;
  events_.schedule(clock_.edge(cycle), static_cast<std::uint32_t>(core));
}

LaunchContext Simulator::context(std::size_t launch) const {
  const LaunchSpec& spec = program_->launches[launch];
  LaunchContext result{launch, &program_->kernels[spec.kernel], {}};
  for (const std::size_t tensor : spec.tensors) {
    result.tensors.push_back(program_->tensors[tensor]);
  }
  return result;
}

void Simulator::report_deadlock() const {
  std::string text = "deadlock: nothing can go on" + launches_.describe();
  for (const Core& core : cores_) text += "\n  " + core.describe();
  text += memory_->describe();
  throw Error(text);
}

}  // namespace npu::togsim
