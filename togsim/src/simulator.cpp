#include "simulator.hpp"

#include <limits>
#include <string>
#include <utility>

#include "error.hpp"

namespace npu::togsim {
namespace {

constexpr CoreCycle kAsleep{std::numeric_limits<std::int64_t>::max()};

}  // namespace

Simulator::Simulator(const MachineSpec& machine, const TraceSpec& trace, bool plain)
    : clock_(machine.core_freq_mhz), memory_(make_memory(machine, plain)),
      wake_at_(static_cast<std::size_t>(machine.num_cores), kAsleep), launches_(machine),
      residency_(*memory_, machine.dram_req_size_byte), trace_(trace) {
  for (std::size_t i = 0; i < wake_at_.size(); ++i) {
    cores_.emplace_back(i, machine, *memory_);
    if (trace.enabled) cores_.back().trace_into(&trace_);
  }
}

void Simulator::submit(ProgramSpec program) {
  const std::vector<LaunchSpec> launches = std::move(program.launches);
  programs_.push_back(std::move(program));
  submit_again(programs_.size() - 1, launches);
}

void Simulator::submit_again(std::size_t program, const std::vector<LaunchSpec>& launches) {
  launches_.submit(programs_.at(program).kernels, launches);
  for (const LaunchSpec& launch : launches) {
    sources_.push_back({program, launch.kernel, launch.tensors, launch.indices});
    residency_.submit(programs_[program], launch);
  }
}

CoreCycle Simulator::run() {
  wake_idle();
  release_completed(launches_.last_end());
  while (true) {
    turns_.next();
    if (know_memory()) continue;
    if (events_.empty()) break;
    const Event event = events_.take();
    const CoreCycle now = clock_.at_or_after(event.time);
    if (wake_at_[event.target] != now) continue;  // overtaken by an earlier wake
    wake_at_[event.target] = kAsleep;
    step(event.target, now);
  }
  if (!launches_.all_done()) report_deadlock();
  launches_.barrier();
  return launches_.last_end();
}

SimulationResult Simulator::result() {
  const CoreCycle end = launches_.last_end();
  SimulationResult result;
  result.total_cycles = end.n;
  result.events = steps_;
  result.launches = launches_.stats();
  for (Core& core : cores_) {
    core.account(end);
    result.cores.push_back(core.stats());
  }
  memory_->finish(clock_.edge(end));
  result.channels = memory_->channel_stats();
  result.slices = memory_->slice_stats();
  if (memory_->network_stats() != nullptr) result.network = *memory_->network_stats();
  result.network_traffic = memory_->network_traffic();
  result.trace = trace_;
  result.trace.finish();
  return result;
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
  ++steps_;
  cores_[core].retire(now);
  feed(core, now);
  const auto next = cores_[core].act(now);
  const auto wanted = cores_[core].busy() ? next : launches_.next_ready(core);
  if (wanted) wake(core, *wanted);
}

// Ends the core's launch if it is drained and gives the core the next one that is ready.
void Simulator::feed(std::size_t core, CoreCycle now) {
  end_if_drained(core, now);
  while (!cores_[core].busy()) {
    const auto launch = launches_.take(core, now);
    if (!launch) break;
    residency_.started(*launch, clock_.edge(now));
    cores_[core].begin(context(*launch, core), now);
    end_if_drained(core, now);  // work items without operations
  }
  wake_idle();
}

void Simulator::end_if_drained(std::size_t core, CoreCycle now) {
  const auto ended = cores_[core].end_if_drained(now);
  if (!ended) return;
  launches_.core_done(*ended, now);
  release_completed(now);
}

void Simulator::release_completed(CoreCycle now) {
  for (const std::size_t launch : launches_.completed()) {
    residency_.completed(launch, clock_.edge(now));
  }
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

LaunchContext Simulator::context(std::size_t launch, std::size_t core) const {
  const Source& source = sources_[launch];
  const ProgramSpec& program = programs_[source.program];
  LaunchContext result{launch, &program.kernels[source.kernel], {}, launches_.share(core),
                       source.indices};
  for (const std::size_t tensor : source.tensors) result.tensors.push_back(program.tensors[tensor]);
  return result;
}

void Simulator::report_deadlock() const {
  std::string text = "deadlock: nothing can go on" + launches_.describe();
  for (const Core& core : cores_) text += "\n  " + core.describe();
  text += memory_->describe();
  throw Error(text);
}

SimulationResult simulate(ProgramSpec program, const MachineSpec& machine,
                          const TraceSpec& trace, bool plain) {
  Simulator simulator(machine, trace, plain);
  simulator.submit(std::move(program));
  simulator.run();
  return simulator.result();
}

}  // namespace npu::togsim
