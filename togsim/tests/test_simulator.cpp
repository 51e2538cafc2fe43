// The whole machine on structs Python never lets through, and on plain ones.
#include "builders.hpp"
#include "check.hpp"
#include "simulator.hpp"

using namespace npu::togsim;

namespace {

ProgramSpec program_of(KernelSpec kernel, std::vector<LaunchSpec> launches) {
  ProgramSpec program;
  program.kernels.push_back(std::move(kernel));
  program.launches = std::move(launches);
  return program;
}

// Decode at 0, dispatch and start at 1, 10 cycles: ends at 11.
void runs_one_vector_operation() {
  const ProgramSpec program = program_of(kernel_of({vector_on(0, 8, true)}), {{0, {}, {}}});
  const SimulationResult result = simulate(program, small_machine());
  CHECK_EQUAL(result.total_cycles, 11);
  CHECK_EQUAL(result.cores[0].vector[VectorState::Active], 10);
  CHECK_EQUAL(result.cores[0].vector[VectorState::Idle], 1);
}

void a_program_without_launches_takes_no_time() {
  const ProgramSpec program = program_of(kernel_of({}), {});
  CHECK_EQUAL(simulate(program, small_machine()).total_cycles, 0);
}

void launches_without_work_complete() {
  const KernelSpec kernel = kernel_of({}, {{0, 0, 0, 1, 0}});
  const ProgramSpec program = program_of(kernel, {{0, {}, {}}, {0, {}, {0}}});
  CHECK_EQUAL(simulate(program, small_machine()).launches[1].end, 1);
}

template <class State>
std::int64_t total(const StateCycles<State>& cycles) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(State::Idle); ++i) {
    sum += cycles[static_cast<State>(i)];
  }
  return sum;
}

// All kinds of instructions on two cores, 100 times over: it ends, and every unit's states sum up.
void all_units_work_together() {
  const Node loop = loop_begin(1, 0, 100, 1, 7);
  const KernelSpec kernel = kernel_of(
      {loop, transfer_of(Opcode::Load, 0, 0, 16), wait_on(0), preload_of(0, 8),
       matmul_of(8, rows_of(8, 16, false), rows_of(16, 24, true)), vector_on(16, 24, true),
       transfer_of(Opcode::Store, 1, 16, 24), loop_end(loop, 0)},
      {{0, 0, 5, 1, 0}});
  ProgramSpec program = program_of(kernel, {{0, {0}, {}}, {0, {0}, {0}}});
  program.tensors = {{4096, 4096}};
  MachineSpec machine = small_machine();
  machine.num_cores = 2;
  machine.dram_channels = 4;
  machine.dram_freq_mhz = 777;
  machine.icnt_injection_ports_per_core = 3;
  machine.core_stats_print_period_cycles = 1'000;
  const SimulationResult result = simulate(program, machine, true);
  CHECK_EQUAL(result.trace.records().size(), std::size_t{2 * 5 * 100 * 6});
  for (const CoreStats& core : result.cores) {
    CHECK_EQUAL(total(core.front), result.total_cycles);
    CHECK_EQUAL(total(core.execute), result.total_cycles);
    CHECK_EQUAL(total(core.vector), result.total_cycles);
    CHECK_EQUAL(total(core.dma), result.total_cycles);
    CHECK_EQUAL(total(core.arrays[0].cycles), result.total_cycles);
  }
  CHECK_EQUAL(result.cores[0].read_requests, 2 * 3 * 100 * 16);
  CHECK_EQUAL(result.cores[1].write_requests, 2 * 2 * 100 * 16);
}

// Two launches that wait for each other never start: an error that says so, not a hang.
void a_deadlock_is_told() {
  const ProgramSpec program =
      program_of(kernel_of({vector_on(0, 8, true)}), {{0, {}, {1}}, {0, {}, {0}}});
  const char* who = "launch 1 (queue 0, simple) waits for launch 0";
  CHECK_THROWS((void)simulate(program, small_machine()), "deadlock");
  CHECK_THROWS((void)simulate(program, small_machine()), who);
}

// A circle beside launches that complete, and one that waits for itself.
void a_circle_names_its_launches() {
  const ProgramSpec program = program_of(
      kernel_of({vector_on(0, 8, true)}), {{0, {}, {}}, {0, {}, {3}}, {0, {}, {1}}, {0, {}, {2, 0}}});
  CHECK_THROWS((void)simulate(program, small_machine()), "launch 1 (queue 0, simple) waits for launch 3");
  CHECK_THROWS((void)simulate(program, small_machine()), "launch 3 (queue 0, simple) waits for launch 2");
  CHECK_THROWS((void)simulate(program, small_machine()), "core 0 is idle");
  const ProgramSpec own = program_of(kernel_of({}), {{0, {}, {0}}});
  CHECK_THROWS((void)simulate(own, small_machine()), "waits for launch 0");
}

// Launch 0 has no work and arrives at 500: launch 2 waits for it although launch 1 ends last in the
// order of events.
void a_launch_waits_for_the_latest_of_those_before() {
  ProgramSpec program = program_of(kernel_of({}, {{0, 0, 0, 1, 0}}), {{0, {}, {}}, {1, {}, {}}, {1, {}, {0, 1}}});
  program.kernels.push_back(kernel_of({vector_on(0, 8, true)}));
  program.launches[0].arrival_ns = 500;
  const SimulationResult result = simulate(program, small_machine());
  CHECK_EQUAL(result.launches[0].end, 500);
  CHECK_EQUAL(result.launches[1].end, 11);
  CHECK_EQUAL(result.launches[2].ready, 501);
  CHECK_EQUAL(result.launches[2].start, 501);
}

void a_wait_without_a_transfer_is_told() {
  const ProgramSpec program = program_of(kernel_of({wait_on(0)}), {{0, {}, {}}});
  CHECK_THROWS((void)simulate(program, small_machine()), "wait comes before");
}

void a_missing_figure_is_told() {
  KernelSpec kernel = kernel_of({vector_on(0, 8, true)});
  kernel.functions[0].cases.clear();
  const ProgramSpec program = program_of(kernel, {{0, {}, {}}});
  CHECK_THROWS((void)simulate(program, small_machine()), "'f' has no cycles");
}

void a_rectangle_outside_is_told() {
  const ProgramSpec program = program_of(kernel_of({vector_on(60, 70, true)}), {{0, {}, {}}});
  CHECK_THROWS((void)simulate(program, small_machine()), "10 elements from 60 on lies outside");
}

// Sizes that depend on loops are known only here: the walk has 8 elements more than its rectangle.
void a_transfer_of_other_elements_than_its_rectangle_is_told() {
  Node load = transfer_of(Opcode::Load, 0, 0, 8);
  load.dims[0].size = Expr({{ExprOp::Iv, 0}, {ExprOp::Const, 16}, {ExprOp::Add, 0}}, 3);
  ProgramSpec program = program_of(kernel_of({load}, {{0, 0, 3, 2, 0}}), {{0, {0}, {}}});
  program.tensors = {{4096, 4096}};
  CHECK_THROWS((void)simulate(program, small_machine()),
               "a load moves 72 elements, but its rectangle of buffer 'b' holds 64");
}

void array_operations_of_other_elements_than_their_rectangles_are_told() {
  const auto told = [](std::vector<Node> code, const char* text) {
    const ProgramSpec program = program_of(kernel_of(std::move(code)), {{0, {}, {}}});
    CHECK_THROWS((void)simulate(program, small_machine()), text);
  };
  told({preload_of(0, 7)}, "a preload brings 8 x 8 weights, but its rectangle of buffer 'b' holds 56");
  told({preload_of(0, 8), matmul_of(9, rows_of(8, 9, false), rows_of(16, 25, true))},
       "reads 9 rows of 8 elements, but its rectangle of buffer 'b' holds 8; expected at least 16");
  told({preload_of(0, 8), matmul_of(8, rows_of(8, 16, false), rows_of(16, 25, true))},
       "a matmul writes 8 rows of 8 elements, but its rectangle of buffer 'b' holds 72");
}

// Nine rows in two rows of elements, and in twenty.
void rows_that_overlap_and_that_stand_apart_take_as_long() {
  for (const std::int64_t end : {10, 28}) {
    const KernelSpec kernel =
        kernel_of({preload_of(0, 8), matmul_of(9, rows_of(8, end, false), rows_of(30, 39, true))});
    CHECK_EQUAL(simulate(program_of(kernel, {{0, {}, {}}}), small_machine()).total_cycles,
                9 + 9 + 15);
  }
}

// 2^40 iterations of 2^40 of nothing, and 2^60 such work items: the two transfers are all there is.
void nests_of_nothing_take_no_time() {
  constexpr std::int64_t kMany = std::int64_t{1} << 40;
  const Node outer = loop_begin(1, 0, kMany, 1, 3);
  const Node inner = loop_begin(2, 0, kMany, 1, 2);
  KernelSpec kernel = kernel_of({transfer_of(Opcode::Load, 0, 0, 8), outer, inner,
                                 loop_end(inner, 2), loop_end(outer, 1)},
                                {{0, 0, kMany, 1, 0}, {1, 0, 1 << 20, 1, 0}});
  kernel.code[1].loop.partner = 4;
  kernel.code[2].loop.partner = 3;
  kernel.once = 1;
  find_empty_loops(kernel);
  ProgramSpec program = program_of(kernel, {{0, {0}, {}}});
  program.tensors = {{4096, 4096}};
  const SimulationResult with = simulate(program, small_machine());
  program.kernels[0] = kernel_of({transfer_of(Opcode::Load, 0, 0, 8)});
  CHECK_EQUAL(with.total_cycles, simulate(program, small_machine()).total_cycles);
}

}  // namespace

int main() {
  a_transfer_of_other_elements_than_its_rectangle_is_told();
  array_operations_of_other_elements_than_their_rectangles_are_told();
  rows_that_overlap_and_that_stand_apart_take_as_long();
  nests_of_nothing_take_no_time();
  runs_one_vector_operation();
  a_program_without_launches_takes_no_time();
  launches_without_work_complete();
  all_units_work_together();
  a_deadlock_is_told();
  a_circle_names_its_launches();
  a_launch_waits_for_the_latest_of_those_before();
  a_wait_without_a_transfer_is_told();
  a_missing_figure_is_told();
  a_rectangle_outside_is_told();
  return failed_checks == 0 ? 0 : 1;
}
