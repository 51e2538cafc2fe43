#include "simulator.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "error.hpp"

namespace npu::togsim {
namespace {

constexpr CoreCycle kAsleep{std::numeric_limits<std::int64_t>::max()};
constexpr std::int64_t kStepsPerPoll = 1 << 16;  // some ten milliseconds

}  // namespace

Simulator::Simulator(const ProgramSpec& program, const MachineSpec& machine, bool trace)
    : program_(&program), machine_(&machine), clock_(machine.core_freq_mhz), memory_(machine),
      next_launch_(static_cast<std::size_t>(machine.num_cores)),
      wake_at_(static_cast<std::size_t>(machine.num_cores), kAsleep) {
  for (std::size_t i = 0; i < next_launch_.size(); ++i) {
    cores_.emplace_back(i, machine, memory_);
    if (trace) cores_.back().trace_into(&result_.trace);
  }
  result_.launches.resize(program.launches.size());
  prepare_launches();
}

void Simulator::prepare_launches() {
  launches_.resize(program_->launches.size());
  for (std::size_t i = 0; i < launches_.size(); ++i) {
    launches_[i].waiting_for = program_->launches[i].after.size();
    launches_[i].cores_left = cores_used(i);
    for (const std::size_t before : program_->launches[i].after) {
      launches_.at(before).successors.push_back(i);
    }
  }
}

// Work items go to the cores in turn, so the first cores have them.
std::size_t Simulator::cores_used(std::size_t launch) const {
  const std::int64_t items = work_items(program_->kernels[program_->launches[launch].kernel]);
  return static_cast<std::size_t>(std::min(items, machine_->num_cores));
}

SimulationResult Simulator::run(const std::function<void()>& poll) {
  for (std::size_t i = 0; i < launches_.size(); ++i) {
    if (launches_[i].waiting_for == 0 && !launches_[i].ready) make_ready(i, CoreCycle{0});
  }
  while (!events_.empty()) {
    if (result_.events % kStepsPerPoll == 0) poll();
    const Event event = events_.take();
    const CoreCycle now = clock_.at_or_after(event.time);
    if (wake_at_[event.target] != now) continue;  // overtaken by an earlier wake
    wake_at_[event.target] = kAsleep;
    step(event.target, now);
  }
  if (launches_done_ != launches_.size()) report_deadlock();
  for (Core& core : cores_) {
    core.account(CoreCycle{result_.total_cycles});
    result_.cores.push_back(core.stats());
  }
  result_.channels = memory_.dram().stats();
  return std::move(result_);
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
  std::size_t& next = next_launch_[core];
  while (!cores_[core].busy() && next < launches_.size()) {
    if (core < cores_used(next)) {
      if (!launches_[next].ready || launches_[next].ready_at > now) return;
      begin(next, core, now);
    }
    ++next;
    end_if_drained(core, now);  // work items without operations
  }
}

void Simulator::begin(std::size_t launch, std::size_t core, CoreCycle now) {
  if (!launches_[launch].begun) result_.launches[launch].start = now.n;
  launches_[launch].begun = true;
  cores_[core].begin(context(launch), now);
}

void Simulator::end_if_drained(std::size_t core, CoreCycle now) {
  const auto ended = cores_[core].end_if_drained();
  if (ended && --launches_[*ended].cores_left == 0) complete(*ended, now);
}

// From `now` on the launch's work items may be decoded.
void Simulator::make_ready(std::size_t launch, CoreCycle now) {
  launches_[launch].ready = true;
  launches_[launch].ready_at = now;
  if (launches_[launch].cores_left == 0) {
    result_.launches[launch].start = now.n;
    return complete(launch, now);
  }
  for (std::size_t core = 0; core < cores_used(launch); ++core) {
    if (!cores_[core].busy()) wake(core, now);
  }
}

void Simulator::complete(std::size_t launch, CoreCycle now) {
  launches_[launch].done = true;
  ++launches_done_;
  result_.launches[launch].end = now.n;
  result_.total_cycles = std::max(result_.total_cycles, now.n);
  for (const std::size_t next : launches_[launch].successors) {
    if (--launches_[next].waiting_for == 0) make_ready(next, now + CoreCycle{1});
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
  std::string text = "deadlock: nothing can go on";
  for (std::size_t i = 0; i < launches_.size(); ++i) {
    if (launches_[i].done || launches_[i].waiting_for == 0) continue;
    text += "\n  launch " + std::to_string(i) + " waits for " +
            std::to_string(launches_[i].waiting_for) + " earlier launches";
  }
  for (const Core& core : cores_) text += "\n  " + core.describe();
  throw Error(text);
}

}  // namespace npu::togsim
