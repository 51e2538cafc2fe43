// Launches and policies alone: who gets what, without cores.
#include <optional>

#include "builders.hpp"
#include "check.hpp"
#include "schedule/launches.hpp"

using namespace npu::togsim;

namespace {

// A kernel of so many work items.
KernelSpec items(std::int64_t count) { return kernel_of({}, {{0, 0, count, 1, 0}}); }

LaunchSpec launch(std::size_t kernel, std::vector<std::size_t> after = {}) {
  LaunchSpec spec;
  spec.kernel = kernel;
  spec.after = std::move(after);
  return spec;
}

MachineSpec cores(std::vector<std::size_t> queues, const char* scheduler) {
  MachineSpec machine = small_machine();
  machine.num_cores = static_cast<std::int64_t>(queues.size());
  machine.partition = std::move(queues);
  machine.num_partition = 2;
  machine.scheduler = scheduler;
  return machine;
}

constexpr std::size_t kNone = 99;

std::size_t taken(Launches& launches, std::size_t core, std::int64_t now) {
  return launches.take(core, CoreCycle{now}).value_or(kNone);
}

// Cores 0 and 2 are on queue 0, core 1 on queue 1.
void cores_get_their_share_of_their_queue() {
  Launches launches(cores({0, 1, 0}, "fifo"));
  launches.submit({items(2)}, {launch(0)});
  CHECK_EQUAL(launches.share(2).first, 1);
  CHECK_EQUAL(launches.share(2).stride, 2);
  CHECK_EQUAL(launches.share(1).first, 0);
  CHECK_EQUAL(launches.share(1).stride, 1);
  CHECK_EQUAL(taken(launches, 1, 0), kNone);
  CHECK_EQUAL(taken(launches, 2, 0), std::size_t{0});
  CHECK_EQUAL(taken(launches, 2, 0), kNone);
  CHECK_EQUAL(taken(launches, 0, 5), std::size_t{0});
  launches.core_done(0, CoreCycle{7});
  CHECK(!launches.all_done());
  launches.core_done(0, CoreCycle{9});
  CHECK(launches.all_done());
  CHECK_EQUAL(launches.stats()[0].start, 0);
  CHECK_EQUAL(launches.stats()[0].end, 9);
}

// Ready a cycle after the launch it waits for; until then an idle core knows when to look again.
void a_dependent_launch_is_ready_a_cycle_later() {
  Launches launches(cores({0, 1}, "priority"));
  launches.submit({items(1)}, {launch(0), launch(0, {0})});
  CHECK_EQUAL(taken(launches, 0, 0), std::size_t{0});
  CHECK(!launches.next_ready(0).has_value());
  (void)launches.wakes();
  launches.core_done(0, CoreCycle{20});
  CHECK_EQUAL(launches.wakes().at(0).cycle.n, 21);
  CHECK_EQUAL(taken(launches, 0, 20), kNone);
  CHECK_EQUAL(launches.next_ready(0)->n, 21);
  CHECK_EQUAL(taken(launches, 0, 21), std::size_t{1});
}

// 1000 launches without work, each waiting for the one before: no recursion, a cycle each.
void a_chain_without_work_completes_at_once() {
  Launches launches(cores({0, 1}, "round_robin"));
  std::vector<LaunchSpec> chain{launch(0)};
  for (std::size_t i = 1; i < 100'000; ++i) chain.push_back(launch(0, {i - 1}));
  launches.submit({items(0)}, chain);
  CHECK(launches.all_done());
  CHECK_EQUAL(launches.last_end().n, 99'999);
}

// Launches without work complete ahead of time: the later one counts, not the one that came last.
void a_launch_waits_for_the_latest() {
  Launches launches(cores({0, 1}, "fifo"));
  LaunchSpec late = launch(0);
  late.arrival_ns = 60;
  launches.submit({items(0)}, {late, launch(0), launch(0, {0, 1})});
  CHECK_EQUAL(launches.stats()[2].ready, 61);
}

void what_comes_behind_a_barrier_arrives_behind_it() {
  Launches launches(cores({0, 1}, "fifo"));
  launches.submit({items(1)}, {launch(0)});
  (void)taken(launches, 0, 0);
  launches.core_done(0, CoreCycle{40});
  launches.barrier();
  launches.submit({items(1)}, {launch(0)});
  CHECK_EQUAL(launches.stats()[1].arrival, 41);
  CHECK_EQUAL(taken(launches, 0, 40), kNone);
  CHECK_EQUAL(taken(launches, 0, 41), std::size_t{1});
}

void the_held_are_named_in_a_deadlock() {
  Launches launches(cores({0, 1}, "fifo"));
  launches.submit({items(1)}, {launch(0, {1}), launch(0, {0}), launch(0)});
  const std::string text = launches.describe();
  CHECK(text.find("launch 1 (queue 0, fifo) waits for launch 0") != std::string::npos);
  CHECK(text.find("launch 2 (queue 0, fifo) is ready, but stands behind") != std::string::npos);
}

void queues_without_cores_and_unknown_policies_are_refused() {
  CHECK_THROWS(Launches(cores({0, 0}, "fair")), "expected simple, fifo, round_robin or priority");
  Launches launches(cores({0, 0}, "fifo"));
  LaunchSpec astray = launch(0);
  astray.queue = 1;
  CHECK_THROWS(launches.submit({items(1)}, {astray}), "queue 1, which has no core");
  astray.queue = 7;
  CHECK_THROWS(launches.submit({items(1)}, {astray}), "queue 7, which has no core");
}

}  // namespace

int main() {
  cores_get_their_share_of_their_queue();
  a_dependent_launch_is_ready_a_cycle_later();
  a_chain_without_work_completes_at_once();
  a_launch_waits_for_the_latest();
  what_comes_behind_a_barrier_arrives_behind_it();
  the_held_are_named_in_a_deadlock();
  queues_without_cores_and_unknown_policies_are_refused();
  return failed_checks == 0 ? 0 : 1;
}
