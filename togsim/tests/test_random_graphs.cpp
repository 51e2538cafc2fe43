// The whole simulator on random graphs, with every model of memory: it ends, its books balance, a
// second run is the first, and the plain way is the quick one. Meant for the sanitizers.
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "builders.hpp"
#include "check.hpp"
#include "dram_specs.hpp"
#include "noc_builders.hpp"
#include "simulator.hpp"

using namespace npu::togsim;

namespace {

constexpr unsigned kGraphs = 20;        // for each memory
constexpr unsigned kRoutedGraphs = 2;   // with a network of routers, which is stepped

// mt19937 gives the same numbers everywhere; the standard distributions do not.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  // 0 up to n - 1
  std::int64_t roll(std::int64_t n) {
    return static_cast<std::int64_t>(random_()) % n;
  }

 private:
  std::mt19937 random_;
};

Node random_node(Dice& dice) {
  const std::int64_t lo = dice.roll(6) * 8;
  switch (dice.roll(6)) {
    case 0: return transfer_of(Opcode::Load, static_cast<std::size_t>(dice.roll(2)), lo, lo + 8);
    case 1: return transfer_of(Opcode::Store, static_cast<std::size_t>(dice.roll(2)), lo, lo + 16);
    case 2: return wait_on(static_cast<std::size_t>(dice.roll(2)));
    case 3: return preload_of(lo, lo + 8);
    case 4: return matmul_of(8, rows_of(lo, lo + 8, false), rows_of(56, 64, true));
    default: return vector_on(lo, lo + 1 + dice.roll(8), dice.roll(2) == 0);
  }
}

// Work items that begin with a transfer of each token and a preload, so that all is defined.
KernelSpec random_kernel(Dice& dice) {
  std::vector<Node> code = {transfer_of(Opcode::Load, 0, 0, 8), transfer_of(Opcode::Store, 1, 8, 16),
                            preload_of(0, 8)};
  for (std::int64_t n = dice.roll(8); n > 0; --n) code.push_back(random_node(dice));
  const std::size_t begin = code.size();
  std::vector<Node> body;
  for (std::int64_t n = 1 + dice.roll(5); n > 0; --n) body.push_back(random_node(dice));
  code.push_back(loop_begin(1, 0, dice.roll(6), 1, begin + body.size() + 1));
  code.insert(code.end(), body.begin(), body.end());
  code.push_back(loop_end(code[begin], begin));
  return kernel_of(std::move(code), {{0, 0, dice.roll(7), 1, 0}});
}

ProgramSpec random_program(Dice& dice) {
  ProgramSpec program;
  for (int i = 0; i < 2; ++i) program.kernels.push_back(random_kernel(dice));
  program.tensors = {{4096, 4096}, {1 << 20, 4096}};
  for (std::size_t i = 0; i < 4; ++i) {
    LaunchSpec launch;
    launch.kernel = static_cast<std::size_t>(dice.roll(2));
    launch.tensors = {static_cast<std::size_t>(dice.roll(2))};
    if (i > 0 && dice.roll(2) == 0) launch.after = {i - 1};
    launch.arrival_ns = dice.roll(3) * 500;
    program.launches.push_back(launch);
  }
  return program;
}

MachineSpec random_machine(Dice& dice) {
  MachineSpec machine = small_machine();
  machine.num_cores = 1 + dice.roll(4);
  machine.num_systolic_array_per_core = 1 + dice.roll(3);
  machine.core_freq_mhz = 700 + dice.roll(900);
  machine.core_issue_width = 1 + dice.roll(2);
  machine.dram_channels = std::int64_t{1} << dice.roll(4);
  machine.icnt_injection_ports_per_core = 1 + dice.roll(6);
  machine.icnt_latency_cycles = dice.roll(12);
  return machine;
}

template <class State>
std::int64_t total(const StateCycles<State>& cycles) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(State::Idle); ++i) {
    sum += cycles[static_cast<State>(i)];
  }
  return sum;
}

void check_books(const SimulationResult& result, bool cached) {
  std::int64_t sent = 0;
  for (const CoreStats& core : result.cores) {
    CHECK_EQUAL(total(core.front), result.total_cycles);
    CHECK_EQUAL(total(core.execute), result.total_cycles);
    CHECK_EQUAL(total(core.vector), result.total_cycles);
    CHECK_EQUAL(total(core.dma), result.total_cycles);
    for (const ArrayStats& array : core.arrays) {
      CHECK_EQUAL(total(array.cycles), result.total_cycles);
    }
    sent += core.read_requests + core.write_requests;
  }
  std::int64_t served = 0;
  for (const ChannelStats& channel : result.channels) served += channel.reads + channel.writes;
  if (!cached) CHECK_EQUAL(served, sent);
}

void check_same(const SimulationResult& one, const SimulationResult& other) {
  CHECK_EQUAL(one.total_cycles, other.total_cycles);
  CHECK_EQUAL(one.trace.records().size(), other.trace.records().size());
  for (std::size_t i = 0; i < one.trace.records().size(); ++i) {
    const TraceRecord& a = one.trace.records()[i];
    const TraceRecord& b = other.trace.records()[i];
    CHECK_EQUAL(a.core, b.core);
    CHECK_EQUAL(a.started, b.started);
    CHECK_EQUAL(a.completed, b.completed);
  }
  CHECK_EQUAL(one.trace.spans().size(), other.trace.spans().size());
}

void check_memory(const std::string& name, const std::function<void(MachineSpec&)>& with_memory,
                  unsigned graphs = kGraphs) {
  const int failed_before = failed_checks;
  for (unsigned seed = 0; seed < graphs; ++seed) {
    Dice dice(seed);
    const ProgramSpec program = random_program(dice);
    MachineSpec machine = random_machine(dice);
    with_memory(machine);
    const SimulationResult quick = simulate(program, machine, true, false);
    check_books(quick, machine.l2d_model.has_value());
    check_same(quick, simulate(program, machine, true, false));
    check_same(quick, simulate(program, machine, true, true));
    if (failed_checks == failed_before) continue;
    return report_failure(__FILE__, __LINE__, name + ", seed " + std::to_string(seed));
  }
}

// Of 8 sets of 2 ways: smaller than the tensors.
l2::Spec small_cache(l2::WritePolicy write) {
  l2::Spec spec;
  spec.sets = 8;
  spec.ways = 2;
  spec.line_blocks = 4;
  spec.write = write;
  spec.mshr_entries = 4;
  spec.mshr_merges = 2;
  spec.miss_queue = 4;
  return spec;
}

// One router for two cores of three ports and two channels.
void with_network(MachineSpec& machine) {
  machine.num_cores = 2;
  machine.icnt_injection_ports_per_core = 3;
  machine.dram_channels = 2;
  machine.icnt_model = noc::spec_of("fly", 8, 1);
  machine.icnt_flit_bytes = 32;
}

}  // namespace

int main() {
  check_memory("simple", [](MachineSpec&) {});
  check_memory("simple with refresh and a cap", [](MachineSpec& machine) {
    machine.dram_refresh_interval_ns = 200;
    machine.dram_refresh_ns = 60;
    machine.dram_read_to_write_cycles = 4;
    machine.dram_write_to_read_cycles = 9;
    machine.dram_channel_bytes_per_second = 7'000'000'000;
  });
  for (const dram_specs::Named& named : dram_specs::all()) {
    check_memory(named.name, [&](MachineSpec& machine) {
      machine.dram_model = named.spec;
      machine.dram_req_size_byte = named.spec.tx_bytes;
    });
  }
  for (const auto write : {l2::WritePolicy::Back, l2::WritePolicy::Through, l2::WritePolicy::Evict}) {
    check_memory("cache, write policy " + std::to_string(static_cast<int>(write)),
                 [&](MachineSpec& machine) { machine.l2d_model = small_cache(write); });
  }
  check_memory("network", with_network, kRoutedGraphs);
  check_memory("network, cache and DRAM in detail", [](MachineSpec& machine) {
    with_network(machine);
    machine.dram_model = dram_specs::hbm2_generic();
    machine.dram_req_size_byte = machine.dram_model->tx_bytes;
    machine.l2d_model = small_cache(l2::WritePolicy::Back);
    machine.l2d_model->block_bytes = machine.dram_req_size_byte;
  }, kRoutedGraphs);
  return failed_checks == 0 ? 0 : 1;
}
