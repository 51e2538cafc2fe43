// The memory models: a request's way by hand, and the same ways from all of them.
#include <algorithm>
#include <random>
#include <vector>

#include "builders.hpp"
#include "check.hpp"
#include "memory/closed.hpp"
#include "memory/stepped.hpp"
#include "memory/windowed.hpp"

using namespace npu::togsim;

namespace {

std::vector<std::unique_ptr<Memory>> models_of(const MachineSpec& machine) {
  std::vector<std::unique_ptr<Memory>> models;
  models.push_back(std::make_unique<ClosedMemory>(machine));
  models.push_back(std::make_unique<WindowedMemory>(machine));
  models.push_back(std::make_unique<SteppedMemory>(machine, false));
  models.push_back(std::make_unique<SteppedMemory>(machine, true));
  return models;
}

// A stream of `blocks` neighbours from block `first` on.
RequestStream stream_of(std::int64_t first, std::int64_t blocks) {
  const DmaDim dim{blocks * 32, 1};
  return RequestStream(first * 32, {&dim, 1}, 1, 32);
}

// Three requests of one port of one channel; network 5 each way, DRAM 20: sent at 0, 1 and 2.
void a_request_takes_the_network_twice_and_the_dram() {
  for (const auto& memory : models_of(small_machine())) {
    RequestStream stream = stream_of(0, 3);
    const TransferId transfer = memory->open(0, 4, 0);
    for (std::int64_t now = 0; now < 3; ++now) {
      memory->begin({now * 1000});
      CHECK_EQUAL(memory->send(transfer, 0, false, stream), std::size_t{1});
    }
    memory->close(transfer);
    while (memory->advance(kNever) && memory->completed().empty()) {}
    CHECK_EQUAL(memory->completed().size(), std::size_t{1});
    const CompletedTransfer done = memory->completed()[0];
    CHECK_EQUAL(done.instruction, 4U);
    CHECK_EQUAL(done.last.age, 2U);
    CHECK_EQUAL(done.last.injected.n, 2);
    CHECK_EQUAL(done.last.reached.n, 7);
    CHECK_EQUAL(done.last.arrived.n, 7);
    CHECK_EQUAL(done.last.column.n, 7);
    CHECK_EQUAL(done.last.data.n, 27);
    CHECK_EQUAL(done.last.returned.n, 27);
    CHECK_EQUAL(done.last.back.n, 32);
    CHECK_EQUAL(memory->unanswered(), 0);
  }
}

// Requests reach the channel at 6, 7 and 8, responses the port at 31, 32 and 33: with a period of 8
// network cycles cycle 7 is the last of the first period, and 31 that of the fourth.
void what_leaves_the_network_counts_in_its_period() {
  MachineSpec machine = small_machine();
  machine.icnt_stats_print_period_cycles = 8;
  for (const bool write : {false, true}) {
    for (const auto& memory : models_of(machine)) {
      RequestStream stream = stream_of(0, 3);
      const TransferId transfer = memory->open(0, 4, 0);
      for (std::int64_t now = 1; now < 4; ++now) {
        memory->begin({now * 1000});
        (void)memory->send(transfer, 0, write, stream);
      }
      memory->close(transfer);
      while (memory->advance(kNever)) {}
      const NetworkTraffic& found = memory->network_traffic();
      const std::vector<std::int64_t> none(5);
      const std::vector<std::int64_t> requests{2, 1, 0, 0, 0};
      const std::vector<std::int64_t> responses{0, 0, 0, 1, 2};
      CHECK(found.read_requests == (write ? none : requests));
      CHECK(found.write_requests == (write ? requests : none));
      CHECK(found.read_responses == (write ? none : responses));
      CHECK(found.write_responses == (write ? responses : none));
    }
  }
}

// The response that is back at 30 is known when a core is about to step at 30, not at 29.
void what_a_cycle_sees_is_known_ahead_of_it() {
  for (const auto& memory : models_of(small_machine())) {
    RequestStream stream = stream_of(0, 1);
    const TransferId transfer = memory->open(0, 0, 0);
    memory->begin({0});
    (void)memory->send(transfer, 0, false, stream);
    memory->close(transfer);
    while (memory->advance({30'000})) {}
    CHECK_EQUAL(memory->completed().size(), std::size_t{1});
    CHECK_EQUAL(memory->completed()[0].last.back.n, 30);
  }
}

// Drives a model with two cores that send as they please and take what comes back.
std::vector<Timeline> random_run(Memory& memory, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Timeline> done;
  const Clock<CoreCycle> clock(1333);
  const auto take = [&] {
    for (const CompletedTransfer& transfer : memory.completed()) done.push_back(transfer.last);
    memory.clear_completed();
  };
  for (std::int64_t cycle = 0; cycle < 600; ++cycle) {
    const Picoseconds now = clock.edge({cycle});
    while (memory.advance(now)) take();
    take();
    if (random() % 4 != 0) continue;
    memory.begin(now);
    for (std::size_t core = 0; core < 2; ++core) {
      const TransferId transfer = memory.open(core, 0, static_cast<std::uint32_t>(core));
      const auto first = static_cast<std::int64_t>(random() % 1000);
      RequestStream stream = stream_of(first, static_cast<std::int64_t>(1 + random() % 3));
      (void)memory.send(transfer, random() % 3, random() % 3 == 0, stream);
      memory.close(transfer);
    }
  }
  while (memory.advance(kNever)) take();
  take();
  std::ranges::sort(done, {}, &Timeline::age);
  CHECK_EQUAL(memory.unanswered(), 0);
  return done;
}

void all_models_agree_on_every_moment() {
  MachineSpec machine = small_machine();
  machine.num_cores = 2;
  machine.dram_channels = 4;
  machine.dram_num_partitions = 2;
  machine.icnt_injection_ports_per_core = 3;
  machine.dram_freq_mhz = 777;
  machine.dram_refresh_interval_ns = 120;
  machine.dram_refresh_ns = 40;
  machine.dram_read_to_write_cycles = 4;
  machine.dram_write_to_read_cycles = 7;
  for (const std::int64_t latency : {0, 1, 6}) {
    machine.icnt_latency_cycles = latency;
    const auto models = models_of(machine);
    const std::vector<Timeline> expected = random_run(*models[0], 5);
    CHECK(expected.size() > 200);
    for (std::size_t i = 1; i < models.size(); ++i) {
      CHECK(random_run(*models[i], 5) == expected);
      models[i]->finish({1'000'000});
      for (std::size_t c = 0; c < 4; ++c) {
        const ChannelStats mine = models[i]->channel_stats()[c];
        const ChannelStats theirs = models[0]->channel_stats()[c];
        CHECK_EQUAL(mine.reads, theirs.reads);
        CHECK_EQUAL(mine.refresh_wait_cycles, theirs.refresh_wait_cycles);
        CHECK_EQUAL(mine.turnaround_wait_cycles, theirs.turnaround_wait_cycles);
      }
    }
  }
}

// A channel that swallows every second request: a fault of a model, never of a program.
class Losing final : public DramChannel {
 public:
  void push(DramCycle arrival, std::uint64_t, bool, std::uint64_t id) override {
    if (++pushed_ % 2 == 0) return;
    done_.id = id;
    done_.tick = arrival + DramCycle{1};
    waiting_ = true;
  }
  void advance(DramCycle until, std::vector<dram::Completion>& out) override {
    if (!waiting_ || done_.tick > until) return;
    out.push_back(done_);
    waiting_ = false;
  }
  [[nodiscard]] DramCycle next() const override { return done_.tick; }
  [[nodiscard]] bool idle() const override { return !waiting_; }
  [[nodiscard]] ChannelStats stats() const override { return {}; }

 private:
  dram::Completion done_;
  bool waiting_ = false;
  int pushed_ = 0;
};

void a_lost_request_is_an_error_that_says_where() {
  const MachineSpec machine = small_machine();
  const ClockCrossing crossing(Clock<IcntCycle>(1000), Clock<DramCycle>(1000));
  const auto losing = [&] {
    std::vector<MemoryChannel> channels;
    channels.emplace_back(crossing, std::make_unique<Losing>());
    return channels;
  };
  std::vector<std::unique_ptr<Memory>> models;
  models.push_back(std::make_unique<WindowedMemory>(machine, losing()));
  models.push_back(std::make_unique<SteppedMemory>(machine, false, losing()));
  for (const auto& memory : models) {
    RequestStream stream = stream_of(0, 2);
    const TransferId transfer = memory->open(0, 0, 0);
    for (const std::int64_t now : {0, 50}) {
      while (memory->advance({now * 1000})) {}
      memory->begin({now * 1000});
      (void)memory->send(transfer, 0, false, stream);
    }
    memory->close(transfer);
    CHECK_THROWS(while (memory->advance(kNever)) {}, "without a response: 1 of channel 0");
  }
}

}  // namespace

int main() {
  a_request_takes_the_network_twice_and_the_dram();
  what_leaves_the_network_counts_in_its_period();
  what_a_cycle_sees_is_known_ahead_of_it();
  all_models_agree_on_every_moment();
  a_lost_request_is_an_error_that_says_where();
  return failed_checks == 0 ? 0 : 1;
}
