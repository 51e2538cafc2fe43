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
  const SimulationResult result = Simulator(program, small_machine(), false).run();
  CHECK_EQUAL(result.total_cycles, 11);
  CHECK_EQUAL(result.cores[0].vector[VectorState::Active], 10);
  CHECK_EQUAL(result.cores[0].vector[VectorState::Idle], 1);
}

void a_program_without_launches_takes_no_time() {
  const ProgramSpec program = program_of(kernel_of({}), {});
  CHECK_EQUAL(Simulator(program, small_machine(), false).run().total_cycles, 0);
}

void launches_without_work_complete() {
  const KernelSpec kernel = kernel_of({}, {{0, 0, 0, 1, 0}});
  const ProgramSpec program = program_of(kernel, {{0, {}, {}}, {0, {}, {0}}});
  CHECK_EQUAL(Simulator(program, small_machine(), false).run().launches[1].end, 1);
}

// Two launches that wait for each other never start: an error that says so, not a hang.
void a_deadlock_is_told() {
  const ProgramSpec program =
      program_of(kernel_of({vector_on(0, 8, true)}), {{0, {}, {1}}, {0, {}, {0}}});
  CHECK_THROWS((void)Simulator(program, small_machine(), false).run(), "deadlock");
  CHECK_THROWS((void)Simulator(program, small_machine(), false).run(), "launch 1 waits for 1");
}

void a_wait_without_a_transfer_is_told() {
  const ProgramSpec program = program_of(kernel_of({wait_on(0)}), {{0, {}, {}}});
  CHECK_THROWS((void)Simulator(program, small_machine(), false).run(), "wait comes before");
}

void a_missing_figure_is_told() {
  KernelSpec kernel = kernel_of({vector_on(0, 8, true)});
  kernel.functions[0].cases.clear();
  const ProgramSpec program = program_of(kernel, {{0, {}, {}}});
  CHECK_THROWS((void)Simulator(program, small_machine(), false).run(), "'f' has no cycles");
}

void a_rectangle_outside_is_told() {
  const ProgramSpec program = program_of(kernel_of({vector_on(60, 70, true)}), {{0, {}, {}}});
  CHECK_THROWS((void)Simulator(program, small_machine(), false).run(), "10 elements from 60 on lies outside");
}

}  // namespace

int main() {
  runs_one_vector_operation();
  a_program_without_launches_takes_no_time();
  launches_without_work_complete();
  a_deadlock_is_told();
  a_wait_without_a_transfer_is_told();
  a_missing_figure_is_told();
  a_rectangle_outside_is_told();
  return failed_checks == 0 ? 0 : 1;
}
