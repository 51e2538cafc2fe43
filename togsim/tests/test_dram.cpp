// A channel: latency, one request a cycle, the bandwidth cap, refresh, periods.
#include "builders.hpp"
#include "check.hpp"
#include "memory/dram.hpp"
#include "periods.hpp"

using namespace npu::togsim;

namespace {

void serves_one_request_a_cycle() {
  MachineSpec machine = small_machine();
  machine.dram_channels = 2;
  Dram dram(machine);
  CHECK_EQUAL(dram.serve(0, {100}, false).data.n, 120);
  CHECK_EQUAL(dram.serve(0, {100}, false).data.n, 121);  // behind it
  CHECK_EQUAL(dram.serve(1, {100}, true).data.n, 120);   // another channel is free
  CHECK_EQUAL(dram.serve(0, {103}, false).data.n, 123);  // free again
}

// 32 bytes at 12.8 GB/s take 2.5 ns: starts at 0, 3, 5, 8, 10 (2.5 and 7.5 wait for their edge).
void keeps_to_the_cap_in_the_long_run() {
  MachineSpec machine = small_machine();
  machine.dram_channel_bytes_per_second = 12'800'000'000;
  Dram dram(machine);
  for (const std::int64_t start : {0, 3, 5, 8, 10, 13, 15}) {
    CHECK_EQUAL(dram.serve(0, {0}, false).data.n, start + 20);
  }
}

// After 100 idle cycles the channel does not catch up: 200, then 202.5 -> 203.
void saves_nothing_up_while_idle() {
  MachineSpec machine = small_machine();
  machine.dram_channel_bytes_per_second = 12'800'000'000;
  Dram dram(machine);
  CHECK_EQUAL(dram.serve(0, {0}, false).data.n, 20);
  CHECK_EQUAL(dram.serve(0, {200}, false).data.n, 220);
  CHECK_EQUAL(dram.serve(0, {200}, false).data.n, 223);
}

// 32 B at 9.375 GB/s is 3413.333 ps: 3000 requests take exactly 10,240,000 ps.
void loses_no_fraction_of_a_picosecond() {
  MachineSpec machine = small_machine();
  machine.dram_channel_bytes_per_second = 9'375'000'000;
  Dram dram(machine);
  for (int i = 0; i < 3000; ++i) (void)dram.serve(0, {0}, false);
  CHECK_EQUAL(dram.serve(0, {0}, false).data.n, 10'240 + 20);
}

// Cycles 1000 to 1099, 2000 to 2099, ... of the only channel belong to refresh.
MachineSpec refreshing_machine() {
  MachineSpec machine = small_machine();
  machine.dram_refresh_interval_ns = 1000;
  machine.dram_refresh_ns = 100;
  return machine;
}

// The cycle in which a request that arrives at `arrival` leaves an idle channel, and its wait.
void check_refreshed(const MachineSpec& machine, std::int64_t arrival, std::int64_t start) {
  Dram dram(machine);
  CHECK_EQUAL(dram.serve(0, {arrival}, false).data.n, start + 20);
  CHECK_EQUAL(dram.stats()[0].refresh_wait_cycles, start - arrival);
}

void stands_still_in_a_refresh() {
  const MachineSpec machine = refreshing_machine();
  check_refreshed(machine, 0, 0);  // none at the very beginning
  check_refreshed(machine, 999, 999);
  check_refreshed(machine, 1000, 1100);
  check_refreshed(machine, 1050, 1100);
  check_refreshed(machine, 1099, 1100);
  check_refreshed(machine, 1100, 1100);
  check_refreshed(machine, 1999, 1999);
  check_refreshed(machine, 2000, 2100);
}

void refreshes_only_where_asked() {
  MachineSpec machine = refreshing_machine();
  machine.dram_refresh_interval_ns = 0;
  machine.dram_refresh_ns = 0;
  check_refreshed(machine, 1000, 1000);
  check_refreshed(machine, 2050, 2050);
}

// The second would start at 1000, in the refresh; the third follows it and waits for nothing else.
void queues_up_behind_a_refresh() {
  Dram dram(refreshing_machine());
  CHECK_EQUAL(dram.serve(0, {999}, false).data.n, 1019);
  CHECK_EQUAL(dram.serve(0, {999}, true).data.n, 1120);
  CHECK_EQUAL(dram.serve(0, {1010}, false).data.n, 1121);
  CHECK_EQUAL(dram.stats()[0].refresh_wait_cycles, 100);
}

// Four channels begin their first refresh at 250, 500, 750 and 1000.
void spreads_the_channels_phases() {
  MachineSpec machine = refreshing_machine();
  machine.dram_channels = 4;
  Dram dram(machine);
  for (const std::uint32_t channel : {0U, 1U, 2U, 3U}) {
    const std::int64_t begin = 250 * (std::int64_t{channel} + 1);
    CHECK_EQUAL(dram.serve(channel, {begin - 1}, false).data.n, begin - 1 + 20);
    CHECK_EQUAL(dram.serve(channel, {begin}, false).data.n, begin + 100 + 20);
  }
  CHECK_EQUAL(dram.serve(0, {1249}, false).data.n, 1249 + 20);
  CHECK_EQUAL(dram.serve(0, {1250}, false).data.n, 1350 + 20);
}

// Requests 2.5 ns apart from 995 on: 995, 998 (997.5); 1000 falls into the refresh, and what was
// missed is not caught up: 1100, 1103 (1102.5), 1105.
void keeps_to_the_cap_after_a_refresh() {
  MachineSpec machine = refreshing_machine();
  machine.dram_channel_bytes_per_second = 12'800'000'000;
  Dram dram(machine);
  for (const std::int64_t start : {995, 998, 1100, 1103, 1105}) {
    CHECK_EQUAL(dram.serve(0, {995}, false).data.n, start + 20);
  }
  CHECK_EQUAL(dram.stats()[0].refresh_wait_cycles, 100);
}

// The cap alone holds the second request until 1002 (1001.5), which is just past a refresh of two
// cycles, and within one of three.
void tells_a_wait_for_the_cap_from_one_for_refresh() {
  for (const std::int64_t refresh : {2, 3}) {
    MachineSpec machine = refreshing_machine();
    machine.dram_refresh_ns = refresh;
    machine.dram_channel_bytes_per_second = 12'800'000'000;
    Dram dram(machine);
    CHECK_EQUAL(dram.serve(0, {999}, false).data.n, 1019);
    CHECK_EQUAL(dram.serve(0, {999}, false).data.n, 1000 + refresh + 20);
    CHECK_EQUAL(dram.stats()[0].refresh_wait_cycles, refresh - 2);
  }
}

// A write may start 9 cycles after the read at 100, a read 8 cycles after the write.
void turns_the_bus_around() {
  MachineSpec machine = small_machine();
  machine.dram_channels = 2;
  machine.dram_read_to_write_cycles = 9;
  machine.dram_write_to_read_cycles = 8;
  Dram dram(machine);
  CHECK_EQUAL(dram.serve(0, {100}, false).data.n, 100 + 20);
  CHECK_EQUAL(dram.serve(1, {100}, true).data.n, 100 + 20);   // a channel of its own
  CHECK_EQUAL(dram.serve(0, {100}, false).data.n, 101 + 20);  // in the same direction
  CHECK_EQUAL(dram.serve(0, {109}, true).data.n, 110 + 20);   // 9 after the latest read: one too early
  CHECK_EQUAL(dram.serve(0, {118}, false).data.n, 118 + 20);  // 8 after the write: just in time
  CHECK_EQUAL(dram.stats()[0].turnaround_wait_cycles, 1);
  CHECK_EQUAL(dram.stats()[1].turnaround_wait_cycles, 0);
}

// After the read at 995 the bus is ready to write at 1004, in the refresh; the wait is shared out.
void turns_the_bus_into_a_refresh() {
  MachineSpec machine = refreshing_machine();
  machine.dram_read_to_write_cycles = 9;
  Dram dram(machine);
  CHECK_EQUAL(dram.serve(0, {995}, false).data.n, 1015);
  CHECK_EQUAL(dram.serve(0, {995}, true).data.n, 1120);
  CHECK_EQUAL(dram.stats()[0].turnaround_wait_cycles, 1004 - 996);
  CHECK_EQUAL(dram.stats()[0].refresh_wait_cycles, 1100 - 1004);
}

// At 333 MHz 1000 ns are 333 cycles (rounded down) and 100 ns are 34 (33.3 rounded up).
void rounds_refresh_to_the_safe_side() {
  MachineSpec machine = refreshing_machine();
  machine.dram_freq_mhz = 333;
  check_refreshed(machine, 332, 332);
  check_refreshed(machine, 333, 367);
  check_refreshed(machine, 366, 367);
  check_refreshed(machine, 367, 367);
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

// A period of one cycle, and a request after 2^20 of them: told by the key, not filled.
void refuses_more_periods_than_can_be_kept() {
  MachineSpec machine = small_machine();
  machine.dram_stats_print_period_cycles = 1;
  Dram dram(machine);
  (void)dram.serve(0, {kMaxPeriods - 1}, false);
  CHECK_EQUAL(dram.stats()[0].reads_by_period.size(), static_cast<std::size_t>(kMaxPeriods));
  CHECK_THROWS((void)dram.serve(0, {kMaxPeriods}, false), "dram_stats_print_period_cycles");
}

}  // namespace

int main() {
  serves_one_request_a_cycle();
  keeps_to_the_cap_in_the_long_run();
  saves_nothing_up_while_idle();
  loses_no_fraction_of_a_picosecond();
  stands_still_in_a_refresh();
  refreshes_only_where_asked();
  queues_up_behind_a_refresh();
  spreads_the_channels_phases();
  keeps_to_the_cap_after_a_refresh();
  tells_a_wait_for_the_cap_from_one_for_refresh();
  turns_the_bus_around();
  turns_the_bus_into_a_refresh();
  rounds_refresh_to_the_safe_side();
  counts_by_period();
  refuses_more_periods_than_can_be_kept();
  return failed_checks == 0 ? 0 : 1;
}
