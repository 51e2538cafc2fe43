#include "launches.hpp"

#include <algorithm>

namespace npu::togsim {

Launches::Launches(const ProgramSpec& program, std::size_t num_cores)
    : states_(program.launches.size()), stats_(program.launches.size()), next_(num_cores) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const LaunchSpec& launch = program.launches[i];
    const std::int64_t items = work_items(program.kernels[launch.kernel]);
    states_[i].cores_used =
        static_cast<std::size_t>(std::min(items, static_cast<std::int64_t>(num_cores)));
    states_[i].cores_left = states_[i].cores_used;
    states_[i].waiting_for = launch.after.size();
    for (const std::size_t before : launch.after) states_.at(before).successors.push_back(i);
  }
}

void Launches::start() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].waiting_for == 0 && !states_[i].ready) make_ready(i, CoreCycle{0});
  }
}

std::optional<std::size_t> Launches::take(std::size_t core, CoreCycle now) {
  std::size_t& next = next_[core];
  while (next < states_.size() && core >= states_[next].cores_used) ++next;
  if (next == states_.size()) return std::nullopt;
  State& state = states_[next];
  if (!state.ready || state.ready_at > now) return std::nullopt;
  if (!state.begun) stats_[next].start = now.n;
  state.begun = true;
  return next++;
}

void Launches::core_done(std::size_t launch, CoreCycle now) {
  if (--states_[launch].cores_left == 0) complete(launch, now);
}

const std::vector<Launches::Wake>& Launches::wakes() {
  handed_out_.swap(wakes_);
  wakes_.clear();
  return handed_out_;
}

// From `now` on the launch's work items may be decoded.
void Launches::make_ready(std::size_t launch, CoreCycle now) {
  State& state = states_[launch];
  state.ready = true;
  state.ready_at = now;
  if (state.cores_left == 0) {
    stats_[launch].start = now.n;
    return complete(launch, now);
  }
  for (std::size_t core = 0; core < state.cores_used; ++core) wakes_.push_back({core, now});
}

void Launches::complete(std::size_t launch, CoreCycle now) {
  states_[launch].done = true;
  ++done_;
  stats_[launch].end = now.n;
  last_end_ = std::max(last_end_, now);
  for (const std::size_t next : states_[launch].successors) {
    if (--states_[next].waiting_for == 0) make_ready(next, now + CoreCycle{1});
  }
}

std::string Launches::describe() const {
  std::string text;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].done || states_[i].waiting_for == 0) continue;
    text += "\n  launch " + std::to_string(i) + " waits for " +
            std::to_string(states_[i].waiting_for) + " earlier launches";
  }
  return text;
}

}  // namespace npu::togsim
