#include "schedule/launches.hpp"

#include <algorithm>

#include "error.hpp"

namespace npu::togsim {
namespace {

constexpr std::int64_t kPicosPerNano = 1'000;

}  // namespace

Launches::Launches(const MachineSpec& machine)
    : clock_(machine.core_freq_mhz), scheduler_(machine.scheduler),
      queues_(static_cast<std::size_t>(machine.num_partition)),
      seats_(static_cast<std::size_t>(machine.num_cores)) {
  for (std::size_t core = 0; core < seats_.size(); ++core) {
    const std::size_t queue = machine.partition.empty() ? 0 : machine.partition.at(core);
    std::vector<std::size_t>& cores = queues_.at(queue).cores;
    seats_[core] = {queue, cores.size()};
    cores.push_back(core);
  }
  for (Queue& queue : queues_) {
    queue.policy = make_policy(scheduler_, queue.cores.size());
  }
}

void Launches::submit(const std::vector<KernelSpec>& kernels,
                      const std::vector<LaunchSpec>& launches) {
  const std::size_t first = states_.size();
  std::size_t requests = 0;
  for (const LaunchSpec& launch : launches) {
    add(launch, work_items(kernels.at(launch.kernel)), first);
    requests = std::max(requests, launch.request + 1);
  }
  requests_ += requests;
  for (std::size_t i = first; i < states_.size(); ++i) {
    for (const std::size_t before : launches[i - first].after) {
      states_.at(first + before).successors.push_back(i);
    }
  }
  for (std::size_t i = first; i < states_.size(); ++i) {
    if (waits_for_nothing(states_[i])) settle(i, earliest_);
  }
}

void Launches::add(const LaunchSpec& launch, std::int64_t items, std::size_t first) {
  const std::size_t index = states_.size();
  if (launch.queue >= queues_.size() || queues_[launch.queue].cores.empty()) {
    throw Error("launch " + std::to_string(index - first) + " is on queue " +
                std::to_string(launch.queue) + ", which has no core");
  }
  Queue& queue = queues_[launch.queue];
  const CoreCycle arrival = clock_.at_or_after({launch.arrival_ns * kPicosPerNano});
  const auto cores = static_cast<std::int64_t>(queue.cores.size());
  State state;
  state.ticket = {index, requests_ + launch.request, launch.priority, std::max(arrival, earliest_)};
  state.queue = launch.queue;
  state.waiting_for = launch.after.size();
  state.cores_used = static_cast<std::size_t>(std::min(items, cores));
  state.cores_left = state.cores_used;
  if (state.cores_used > 0) queue.policy->submit(state.ticket);
  LaunchStats stats;
  stats.queue = static_cast<std::int64_t>(launch.queue);
  stats.request = static_cast<std::int64_t>(state.ticket.request);
  stats.arrival = state.ticket.arrival.n;
  stats_.push_back(stats);
  states_.push_back(std::move(state));
}

void Launches::barrier() {
  if (!states_.empty()) earliest_ = last_end_ + CoreCycle{1};
}

bool Launches::has_work(std::size_t launch, const Seat& seat) const {
  return seat.rank < states_[launch].cores_used;
}

std::optional<std::size_t> Launches::take(std::size_t core, CoreCycle now) {
  const Seat& seat = seats_[core];
  Queue& queue = queues_[seat.queue];
  for (; !queue.upcoming.empty() && queue.upcoming.top().first <= now; queue.upcoming.pop()) {
    queue.policy->ready(states_[queue.upcoming.top().second].ticket);
  }
  const auto launch =
      queue.policy->next(seat.rank, [&](std::size_t one) { return has_work(one, seat); });
  if (launch && !states_[*launch].started) {
    states_[*launch].started = true;
    stats_[*launch].start = now.n;
  }
  return launch;
}

std::optional<CoreCycle> Launches::next_ready(std::size_t core) const {
  const Queue& queue = queues_[seats_[core].queue];
  if (queue.upcoming.empty()) return std::nullopt;
  return queue.upcoming.top().first;
}

Share Launches::share(std::size_t core) const {
  const Seat& seat = seats_[core];
  return {static_cast<std::int64_t>(seat.rank),
          static_cast<std::int64_t>(queues_[seat.queue].cores.size())};
}

void Launches::core_done(std::size_t launch, CoreCycle now) {
  if (--states_[launch].cores_left == 0) settle(launch, now);
}

const std::vector<Launches::Wake>& Launches::wakes() {
  handed_out_.swap(wakes_);
  wakes_.clear();
  return handed_out_;
}

const std::vector<std::size_t>& Launches::completed() {
  completed_handed_out_.swap(completed_);
  completed_.clear();
  return completed_handed_out_;
}

// A launch that waits for nothing more becomes ready; one whose work is done completes, and with it
// whatever had no work and only waited for it.
void Launches::settle(std::size_t launch, CoreCycle now) {
  std::vector<std::pair<std::size_t, CoreCycle>> open{{launch, now}};
  while (!open.empty()) {
    const auto [index, cycle] = open.back();
    open.pop_back();
    State& state = states_[index];
    CoreCycle end = cycle;
    if (!state.ready) {
      end = std::max(cycle, state.ticket.arrival);
      make_ready(index, end);
      if (state.cores_left > 0) continue;
    }
    state.done = true;
    completed_.push_back(index);
    ++done_;
    stats_[index].end = end.n;
    last_end_ = std::max(last_end_, end);
    for (const std::size_t next : state.successors) {
      State& successor = states_[next];
      successor.behind = std::max(successor.behind, end + CoreCycle{1});
      if (--successor.waiting_for == 0) open.emplace_back(next, successor.behind);
    }
  }
}

// From `now` on the launch may start.
void Launches::make_ready(std::size_t launch, CoreCycle now) {
  State& state = states_[launch];
  state.ready = true;
  stats_[launch].ready = now.n;
  if (state.cores_used == 0) {
    stats_[launch].start = now.n;
    return;
  }
  Queue& queue = queues_[state.queue];
  queue.upcoming.emplace(now, launch);
  for (const std::size_t core : queue.cores) wakes_.push_back({core, now});
}

// The launches that one waits for and that have not completed.
std::string Launches::unfinished(std::size_t launch) const {
  std::string text;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::vector<std::size_t>& next = states_[i].successors;
    if (states_[i].done || std::ranges::find(next, launch) == next.end()) continue;
    text += (text.empty() ? " launch " : " and launch ") + std::to_string(i);
  }
  return text;
}

std::string Launches::describe() const {
  std::string text;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.done || state.started) continue;
    text += "\n  launch " + std::to_string(i) + " (queue " + std::to_string(state.queue) + ", " +
            scheduler_ + ") ";
    text += state.waiting_for > 0
                ? "waits for" + unfinished(i)
                : "is ready, but stands behind launches of its queue that are not";
  }
  return text;
}

}  // namespace npu::togsim
