// The fast controllers equal the plain ones: every completion, command and count, on random traces
// of all standards, handed over at once or in pieces.
#include <algorithm>
#include <cstdint>
#include <random>

#include "check.hpp"
#include "dram_specs.hpp"

using namespace npu::togsim;
using namespace npu::togsim::dram;

namespace {

constexpr int kTracesPerSpec = 30;

// Requests near one another: rows are met again, banks are shared, writes are read back.
std::vector<TraceRequest> random_trace(const Spec& spec, std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  const std::int64_t banks = 1 + below(64);
  const std::int64_t rows = 1 + below(6);
  const std::int64_t columns = 1 + below(12);
  const std::int64_t writes = below(5);  // of four
  const std::int64_t pause = below(3) == 0 ? below(40) : below(3);
  const bool bursts = below(3) == 0;
  std::vector<TraceRequest> trace;
  std::int64_t cycle = 0;
  for (int i = 0; i < 250; ++i) {
    if (!bursts || below(60) == 0) cycle += bursts ? 20 * pause : below(static_cast<std::uint64_t>(
                                                                      pause + 1));
    trace.push_back({cycle, dram_specs::address(spec, below(static_cast<std::uint64_t>(banks)),
                                                below(static_cast<std::uint64_t>(rows)),
                                                below(static_cast<std::uint64_t>(columns))),
                     below(4) < writes});
  }
  return trace;
}

// The same standards with other queues, refreshes and organisations.
Spec varied(Spec spec, std::mt19937_64& random) {
  if (random() % 2 == 0) return spec;
  spec.read_queue = 1 + static_cast<std::int64_t>(random() % 40);
  spec.write_queue = 1 + static_cast<std::int64_t>(random() % 40);
  spec.write_high_entries = static_cast<std::int64_t>(random() % 30);
  spec.write_low_entries = 1 + static_cast<std::int64_t>(
                                   random() % static_cast<std::uint64_t>(spec.write_high_entries + 1));
  if (spec.refresh_interval > 0) spec.refresh_interval = spec.refresh_interval / 3 + 1;
  if (spec.level_names[1] == "rank") {
    for (std::size_t i = 0; i < spec.mapping.size(); ++i) {
      if (spec.mapping[i] == 1) spec.mapping_bits[i] = 1;
    }
    spec.level_counts[1] = 2;
  }
  return spec;
}

void compare(const std::string& name, const TraceResult& fast, const TraceResult& plain) {
  const auto same = [&](bool equal, const char* what) {
    if (!equal) report_failure(__FILE__, __LINE__, name + ": other " + what);
  };
  same(fast.total_ticks == plain.total_ticks, "end");
  same(fast.completions == plain.completions, "completions");
  same(fast.commands == plain.commands, "commands");
  same(fast.stats == plain.stats, "statistics");
}

void parts_sum_up(const WaitTicks& wait) {
  CHECK_EQUAL(wait.accept + wait.bank + wait.column + wait.refresh + wait.data, wait.total);
}

// The trace in pieces of random length, by advance(): what a simulator does.
void run_in_pieces(const Spec& spec, const std::vector<TraceRequest>& trace,
                   const TraceResult& whole, std::mt19937_64& random) {
  Controller controller(spec, false, true);
  std::vector<Completion> done;
  std::size_t pushed = 0;
  std::int64_t now = 0;
  while (pushed < trace.size() || !controller.idle()) {
    now += 1 + static_cast<std::int64_t>(random() % 50);
    for (; pushed < trace.size() && trace[pushed].cycle < now; ++pushed) {
      controller.push({trace[pushed].cycle}, trace[pushed].address, trace[pushed].write, pushed);
    }
    const std::int64_t promised = controller.next().n;
    const std::size_t before = done.size();
    controller.advance({now}, done);
    if (done.size() > before) CHECK(done[before].tick.n >= promised);
    if (!done.empty()) CHECK(done.back().tick.n <= now);
  }
  CHECK(std::is_sorted(done.begin(), done.end(), [](const Completion& a, const Completion& b) {
    return a.tick < b.tick;
  }));
  CHECK_EQUAL(done.size(), trace.size());
  for (const Completion& completion : done) CHECK(completion == whole.completions[completion.id]);
}

}  // namespace

int main() {
  std::mt19937_64 random(20240517);
  for (const dram_specs::Named& named : dram_specs::all()) {
    for (int i = 0; i < kTracesPerSpec; ++i) {
      const Spec spec = varied(named.spec, random);
      const std::vector<TraceRequest> trace = random_trace(spec, random);
      const TraceResult fast = dram_specs::run(spec, trace, false);
      compare(named.name + " " + std::to_string(i), fast, dram_specs::run(spec, trace, true));
      parts_sum_up(fast.stats.read_wait);
      parts_sum_up(fast.stats.write_wait);
      if (i % 4 == 0) run_in_pieces(spec, trace, fast, random);
    }
  }
  return failed_checks == 0 ? 0 : 1;
}
