// A channel: latency, one request a cycle, the bandwidth cap, periods.
#include "builders.hpp"
#include "check.hpp"
#include "dram.hpp"

using namespace npu::togsim;

namespace {

void serves_one_request_a_cycle() {
  MachineSpec machine = small_machine();
  machine.dram_channels = 2;
  Dram dram(machine);
  CHECK_EQUAL(dram.serve(0, {100}, false).n, 120);
  CHECK_EQUAL(dram.serve(0, {100}, false).n, 121);  // behind it
  CHECK_EQUAL(dram.serve(1, {100}, true).n, 120);   // another channel is free
  CHECK_EQUAL(dram.serve(0, {103}, false).n, 123);  // free again
}

// 32 bytes at 12.8 GB/s take 2.5 ns: starts at 0, 3, 5, 8, 10 (2.5 and 7.5 wait for their edge).
void keeps_to_the_cap_in_the_long_run() {
  MachineSpec machine = small_machine();
  machine.dram_channel_bytes_per_second = 12'800'000'000;
  Dram dram(machine);
  for (const std::int64_t start : {0, 3, 5, 8, 10, 13, 15}) {
    CHECK_EQUAL(dram.serve(0, {0}, false).n, start + 20);
  }
}

// After 100 idle cycles the channel does not catch up: 200, then 202.5 -> 203.
void saves_nothing_up_while_idle() {
  MachineSpec machine = small_machine();
  machine.dram_channel_bytes_per_second = 12'800'000'000;
  Dram dram(machine);
  CHECK_EQUAL(dram.serve(0, {0}, false).n, 20);
  CHECK_EQUAL(dram.serve(0, {200}, false).n, 220);
  CHECK_EQUAL(dram.serve(0, {200}, false).n, 223);
}

// 32 B at 9.375 GB/s is 3413.333 ps: 3000 requests take exactly 10,240,000 ps.
void loses_no_fraction_of_a_picosecond() {
  MachineSpec machine = small_machine();
  machine.dram_channel_bytes_per_second = 9'375'000'000;
  Dram dram(machine);
  for (int i = 0; i < 3000; ++i) (void)dram.serve(0, {0}, false);
  CHECK_EQUAL(dram.serve(0, {0}, false).n, 10'240 + 20);
}

void counts_by_period() {
  MachineSpec machine = small_machine();
  machine.dram_stats_print_period_cycles = 10;
  Dram dram(machine);
  (void)dram.serve(0, {9}, false);
  (void)dram.serve(0, {9}, true);  // starts at 10
  CHECK_EQUAL(dram.stats()[0].reads_by_period.at(0), 1);
  CHECK_EQUAL(dram.stats()[0].writes_by_period.at(0), 0);
  CHECK_EQUAL(dram.stats()[0].writes_by_period.at(1), 1);
}

}  // namespace

int main() {
  serves_one_request_a_cycle();
  keeps_to_the_cap_in_the_long_run();
  saves_nothing_up_while_idle();
  loses_no_fraction_of_a_picosecond();
  counts_by_period();
  return failed_checks == 0 ? 0 : 1;
}
