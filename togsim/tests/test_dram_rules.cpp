// The controllers' rules one by one, with every command's tick worked out by hand. Both ways of
// running a controller must give the same.
#include <initializer_list>
#include <string>
#include <vector>

#include "check.hpp"
#include "dram/shape.hpp"
#include "dram_specs.hpp"

using namespace npu::togsim;
using namespace npu::togsim::dram;
using dram_specs::address;

namespace {

using Commands = std::vector<std::string>;

std::string text(const Commands& commands) {
  std::string result;
  for (const std::string& command : commands) result += command + ", ";
  return result;
}

// "tick COMMAND" for every command of a log.
Commands named(const Spec& spec, const std::vector<CommandRecord>& log) {
  Commands result;
  for (const CommandRecord& record : log) {
    result.push_back(std::to_string(record.tick) + " " +
                     spec.commands[static_cast<std::size_t>(record.command)]);
  }
  return result;
}

void same(int line, const Commands& found, const Commands& expected) {
  if (found == expected) return;
  report_failure(__FILE__, line, text(found) + "expected " + text(expected));
}

// Runs the requests both ways and compares the commands; returns the completions by request.
std::vector<Completion> expect(int line, const Spec& spec, const std::vector<TraceRequest>& requests,
                               const Commands& expected) {
  const TraceResult fast = dram_specs::run(spec, requests, false);
  const TraceResult plain = dram_specs::run(spec, requests, true);
  same(line, named(spec, plain.commands), expected);
  same(line, named(spec, fast.commands), expected);
  CHECK(fast.completions == plain.completions);
  return fast.completions;
}

// The figure of one rule of a bank table, by its commands' names.
void set_rule(Spec& spec, std::int64_t level, const std::string& before, const std::string& after,
              std::int64_t latency) {
  for (ConstraintSpec& rule : spec.constraints) {
    if (rule.level != level || rule.preceding.size() != 1 || rule.following.size() != 1) continue;
    if (spec.commands[static_cast<std::size_t>(rule.preceding[0])] != before) continue;
    if (spec.commands[static_cast<std::size_t>(rule.following[0])] == after) rule.latency = latency;
  }
}

// Latency of a read from acceptance to data: bank closed, row open, other row open; without load.
void unloaded_latencies() {
  struct Row { std::string name; std::int64_t closed, hit, conflict; };
  // HBM2: hit 1 + nCL 7 + nBL 2; closed + nRCD 7; conflict + nRP 7. LPDDR5: a CAS where the clock
  // stopped; 2.0 sends it while the row opens. HBM3: ACT and RD on odd ticks only.
  for (const Row& row : {Row{"hbm2_generic", 17, 10, 24}, Row{"ddr4_generic", 25, 15, 35},
                         Row{"lpddr5_generic", 40, 26, 55}, Row{"ddr4_2_1", 25, 15, 35},
                         Row{"hbm2_dual_bus", 18, 10, 24}, Row{"hbm3_half_tick", 109, 45, 159},
                         Row{"lpddr5_2_1", 36, 21, 51}}) {
    for (const dram_specs::Named& named_spec : dram_specs::all()) {
      if (named_spec.name != row.name) continue;
      const Spec& spec = named_spec.spec;
      const TraceResult result = dram_specs::run(
          spec, {{0, address(spec, 0, 0), false}, {1000, address(spec, 0, 0, 1), false},
                 {2000, address(spec, 0, 1), false}}, false);
      CHECK_EQUAL(result.completions[0].tick.n, row.closed);
      CHECK_EQUAL(result.completions[1].tick.n - 1000, row.hit);
      CHECK_EQUAL(result.completions[2].tick.n - 2000, row.conflict);
      CHECK(result.completions[0].row == RowOutcome::Miss);
      CHECK(result.completions[1].row == RowOutcome::Hit);
      CHECK(result.completions[2].row == RowOutcome::Conflict);
    }
  }
}

// nRAS 16, nRP 7, nRCD 7: the second row of a bank is reached at 31.
void row_conflict() {
  const Spec spec = dram_specs::hbm2_generic();
  const auto done = expect(__LINE__, spec,
                           {{0, address(spec, 0, 0), false}, {0, address(spec, 0, 1), false}},
                           {"1 ACT", "8 RD", "17 PRE", "24 ACT", "31 RD"});
  CHECK_EQUAL(done[1].accepted.n, 1);
  CHECK_EQUAL(done[1].first_command.n, 17);
  CHECK_EQUAL(done[1].bank_wait, 23);    // open at 24
  CHECK_EQUAL(done[1].column_wait, 7);
  CHECK_EQUAL(done[1].tick.n, 40);
}

// An older PRE goes before a younger RD to the open row, when both may issue in the same tick.
void oldest_ready_first() {
  const Spec spec = dram_specs::hbm2_generic();
  expect(__LINE__, spec,
         {{0, address(spec, 0, 0), false}, {15, address(spec, 0, 1), false},
          {16, address(spec, 0, 0, 1), false}},
         {"1 ACT", "8 RD", "17 PRE", "24 ACT", "31 RD", "40 PRE", "47 ACT", "54 RD"});
  // One tick earlier the RD is alone, since nRAS holds the PRE back until 17; nRTP 3 until 19.
  expect(__LINE__, spec,
         {{0, address(spec, 0, 0), false}, {14, address(spec, 0, 1), false},
          {15, address(spec, 0, 0, 1), false}},
         {"1 ACT", "8 RD", "16 RD", "19 PRE", "26 ACT", "33 RD"});
}

// 2.0: a precharge that would close a row opened for another request costs the tick, though a
// younger ACT is ready. 2.1 passes it over. (nRAS is set to 2, so that the PRE is ready at 3.)
void precharge_of_an_active_row() {
  Spec spec = dram_specs::hbm2_generic();
  set_rule(spec, 3, "ACT", "PRE", 2);
  const std::vector<TraceRequest> requests = {{0, address(spec, 0, 0), false},
                                              {0, address(spec, 0, 1), false},
                                              {0, address(spec, 16, 0), false}};
  expect(__LINE__, spec, requests,
         {"1 ACT", "8 RD", "9 ACT", "11 PRE", "16 RD", "19 ACT", "26 RD"});
  spec.controller = "GenericDDR";
  expect(__LINE__, spec, requests,
         {"1 ACT", "3 ACT", "8 RD", "10 RD", "11 PRE", "19 ACT", "26 RD"});
}

// A 2.0 queue of 32 holds 33. Requests of one bank leave it with their ACT, at 1, 24, 47, 70, ...
void queue_length() {
  const Spec spec = dram_specs::hbm2_generic();
  std::vector<TraceRequest> requests;
  for (std::int64_t row = 0; row < 40; ++row) requests.push_back({0, address(spec, 0, row), false});
  for (const bool plain : {false, true}) {
    const auto done = dram_specs::run(spec, requests, plain).completions;
    CHECK_EQUAL(done[34].accepted.n, 34);  // 35 came, two have left
    CHECK_EQUAL(done[35].accepted.n, 47);
    CHECK_EQUAL(done[36].accepted.n, 70);
  }
}

// Two reads of one bank keep the read queue filled; three writes go to another pseudo channel.
void write_mode() {
  Spec spec = dram_specs::hbm2_generic();
  const std::vector<TraceRequest> requests = {
      {0, address(spec, 0, 0), false}, {0, address(spec, 0, 1), false},
      {0, address(spec, 16, 0), true}, {0, address(spec, 20, 0), true},
      {0, address(spec, 24, 0), true}};
  spec.write_high_entries = 2;  // begins with the third write, accepted in tick 5
  spec.write_low_entries = 1;   // ends when none is left
  expect(__LINE__, spec, requests,
         {"1 ACT", "5 ACT", "7 ACT", "8 RD", "9 ACT", "12 WR", "14 WR", "16 WR", "17 PRE", "24 ACT",
          "31 RD"});
  spec.write_low_entries = 3;   // ends as soon as two are left; begins again without reads, at 25
  expect(__LINE__, spec, requests,
         {"1 ACT", "5 ACT", "8 RD", "12 WR", "17 PRE", "24 ACT", "26 ACT", "28 ACT", "31 RD",
          "33 WR", "35 WR"});
  spec.write_high_entries = 3;  // three are not more than three
  spec.write_low_entries = 1;
  expect(__LINE__, spec, requests,
         {"1 ACT", "8 RD", "17 PRE", "24 ACT", "26 ACT", "28 ACT", "30 ACT", "31 RD", "33 WR",
          "35 WR", "37 WR"});
}

// A write waits for its row from tick 2 on; reads of its address are answered from the queue, in
// line behind the reads before them.
void forwarding() {
  Spec spec = dram_specs::hbm2_generic();
  const std::uint64_t written = address(spec, 0, 1);
  const std::vector<TraceRequest> requests = {{0, address(spec, 0, 0), false}, {0, written, true},
                                              {0, written, false}, {12, written, false}};
  const Commands commands = {"1 ACT", "8 RD", "17 PRE", "24 ACT", "31 WR"};
  auto done = expect(__LINE__, spec, requests, commands);
  CHECK(done[2].row == RowOutcome::Forwarded);
  CHECK_EQUAL(done[2].tick.n, 3);   // accepted at 2
  CHECK_EQUAL(done[0].tick.n, 17);
  CHECK_EQUAL(done[3].tick.n, 18);  // 2.0 lets one read go a tick
  CHECK_EQUAL(done[1].tick.n, 31);  // a write is complete with its WR
  spec.controller = "GenericDDR";
  done = expect(__LINE__, spec, requests, commands);
  CHECK_EQUAL(done[3].tick.n, 17);  // 2.1 all that are ready
}

// 2.1 replaces a waiting write by a younger one to its address; 2.0 writes both.
void absorbed_writes() {
  Spec spec = dram_specs::hbm2_generic();
  const std::vector<TraceRequest> requests = {{0, address(spec, 0, 0), false},
                                              {0, address(spec, 0, 1), true},
                                              {0, address(spec, 0, 1), true}};
  expect(__LINE__, spec, requests, {"1 ACT", "8 RD", "17 PRE", "24 ACT", "31 WR", "33 WR"});
  spec.controller = "GenericDDR";
  const auto done =
      expect(__LINE__, spec, requests, {"1 ACT", "8 RD", "17 PRE", "24 ACT", "31 WR"});
  CHECK(done[2].row == RowOutcome::Absorbed);
  CHECK_EQUAL(done[2].tick.n, 3);
}

void run_until(int line, const Spec& spec, const std::vector<TraceRequest>& requests,
               std::int64_t until, const Commands& expected, std::vector<Completion>& done) {
  for (const bool plain : {true, false}) {
    Controller controller(spec, plain, true);
    done.clear();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      controller.push({requests[i].cycle}, requests[i].address, requests[i].write, i);
    }
    controller.advance({until}, done);
    same(line, named(spec, controller.commands()), expected);
  }
}

// One at every multiple of nREFI; open rows are closed for it, and nothing else begins until it went.
void refresh() {
  std::vector<Completion> done;
  const Spec ddr4 = dram_specs::ddr4_generic();
  run_until(__LINE__, ddr4, {}, 18719, {"6240 REFab", "12480 REFab"}, done);
  run_until(__LINE__, ddr4, {}, 18720, {"6240 REFab", "12480 REFab", "18720 REFab"}, done);
  // nRAS 28, nRP 10, nRFC 440, nRCD 10. The read of another, closed bank comes at 6250.
  run_until(__LINE__, ddr4,
            {{6230, address(ddr4, 0, 0), false}, {6250, address(ddr4, 5, 0), false}}, 7000,
            {"6231 ACT", "6241 RD", "6259 PREA", "6269 REFab", "6709 ACT", "6719 RD"}, done);
  CHECK_EQUAL(done[1].refresh_wait, 459);  // 6250 to 6709
  CHECK_EQUAL(done[1].bank_wait, 0);
  CHECK_EQUAL(done[1].column_wait, 10);
  CHECK_EQUAL(done[0].refresh_wait, 1);    // due at 6240, its RD at 6241
  // One for each pseudo channel, the second behind the first.
  run_until(__LINE__, dram_specs::hbm2_dual_bus(), {}, 4000, {"3510 REFab", "3511 REFab"}, done);
}

// 2.1 HBM: a column and a row command in one tick. ACT takes two ticks: nRCD + 1, nRP - 1.
void two_buses() {
  const Spec spec = dram_specs::hbm2_dual_bus();
  expect(__LINE__, spec,
         {{0, address(spec, 0, 0), false}, {8, address(spec, 16, 0), false}},
         {"1 ACT", "9 RD", "9 ACT", "17 RD"});
}

// Half ticks: PRE also on even ones, ACT and RD on odd ones: 200 + 50 -> 251, 251 + 63 -> 315.
void half_ticks() {
  const Spec spec = dram_specs::hbm3_half_tick();
  expect(__LINE__, spec,
         {{1, address(spec, 0, 0), false}, {199, address(spec, 0, 1), false}},
         {"3 ACT", "67 RD", "200 PREpb", "251 ACT", "315 RD"});
}

// The data clock runs nCL 17 + nBL 2 + nWCKPST 1 = 20 ticks after a read: from 37 on a CAS is needed.
void data_clock() {
  const Spec spec = dram_specs::lpddr5_2_1();
  const TraceRequest first = {0, address(spec, 0, 0), false};
  expect(__LINE__, spec, {first, {35, address(spec, 0, 0, 1), false}},
         {"1 ACT1", "2 ACT2", "16 CAS_RD", "17 RD", "36 RD"});
  expect(__LINE__, spec, {first, {36, address(spec, 0, 0, 1), false}},
         {"1 ACT1", "2 ACT2", "16 CAS_RD", "17 RD", "37 CAS_RD", "38 RD"});
  Spec always = spec;
  always.wck_always_on = true;
  expect(__LINE__, always, {first, {36, address(spec, 0, 0, 1), false}},
         {"1 ACT1", "2 ACT2", "16 RD", "37 RD"});
  const Spec old = dram_specs::lpddr5_generic();
  expect(__LINE__, old, {{0, address(old, 0, 0), false}},
         {"1 ACT-1", "2 ACT-2", "3 CASRD", "16 RD16"});
}

// MOP4CLXOR: two column bits, the banks, the other column bits, the row; banks XORed with columns.
void address_map() {
  Spec spec = dram_specs::ddr4_generic();
  spec.mapping = {5, 1, 2, 3, 5, 4};
  spec.mapping_bits = {2, 0, 2, 2, 5, 18};
  spec.mapping_xor = {-1, -1, 0, 2, 4, -1};
  const Shape shape(spec);
  const Address plain_part = shape.decode(64 * 0b1'00000'11'10'00);
  CHECK_EQUAL(plain_part[4], 1);
  CHECK_EQUAL(plain_part[3], 3);
  CHECK_EQUAL(plain_part[2], 2);
  CHECK_EQUAL(plain_part[5], 0);
  // Column 0b0110101: its bits 0-1 flip the bank group, 2-3 the bank, 4 up the row.
  const Address flipped = shape.decode(64 * 0b1'01101'11'10'01);
  CHECK_EQUAL(flipped[5], 0b0110101);
  CHECK_EQUAL(flipped[2], 2 ^ 1);
  CHECK_EQUAL(flipped[3], 3 ^ 1);
  CHECK_EQUAL(flipped[4], 1 ^ 3);
}

void mistakes() {
  Spec spec = dram_specs::hbm2_generic();
  spec.mapping_bits[0] = 3;
  CHECK_THROWS(check(spec), "mapping_bits");
  spec = dram_specs::hbm2_generic();
  spec.write_low_entries = 40;
  CHECK_THROWS(check(spec), "write_low_entries");
  spec.write_low_entries = 0;
  CHECK_THROWS(check(spec), "write_low_entries");
  spec = dram_specs::hbm2_generic();
  spec.constraints[0].following = {99};
  CHECK_THROWS(check(spec), "no such command");
  spec = dram_specs::hbm2_generic();
  spec.controller = "FCFS";
  CHECK_THROWS(Controller(spec, false), "no such");
  Controller controller(dram_specs::hbm2_generic(), false);
  controller.push({5}, 0, false, 0);
  CHECK_THROWS(controller.push({4}, 0, false, 1), "arrives before");
  // Refreshes that fall due faster than they can be served.
  spec = dram_specs::lpddr5_2_1();
  spec.refresh_interval = 100;  // nRFC is 168
  spec.priority_queue = 20;
  for (const bool plain : {true, false}) {
    Controller busy(spec, plain);
    std::vector<Completion> done;
    CHECK_THROWS(busy.advance({10'000}, done), "overflows");
  }
}

void histogram() {
  LatencyHistogram latencies;
  CHECK_EQUAL(latencies.percentile(50), 0);
  for (std::int64_t ticks = 1; ticks <= 200; ++ticks) latencies.add(ticks);
  CHECK_EQUAL(latencies.percentile(50), 100);
  CHECK_EQUAL(latencies.percentile(99), 198);
  CHECK_EQUAL(latencies.percentile(100), 200);
  CHECK_EQUAL(latencies.min(), 1);
  CHECK_EQUAL(latencies.sum(), 20100);
}

}  // namespace

int main() {
  unloaded_latencies();
  row_conflict();
  oldest_ready_first();
  precharge_of_an_active_row();
  queue_length();
  write_mode();
  forwarding();
  absorbed_writes();
  refresh();
  two_buses();
  half_ticks();
  data_clock();
  address_map();
  mistakes();
  histogram();
  return failed_checks == 0 ? 0 : 1;
}
