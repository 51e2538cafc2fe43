// Long loops ask whoever listens, and nobody else; many short loops are a long one.
#include <chrono>
#include <thread>

#include "check.hpp"
#include "listening.hpp"
#include "simulator.hpp"
#include "builders.hpp"

using namespace npu::togsim;

namespace {

class Stop {};

int asked = 0;

void count() { ++asked; }
void stop() { throw Stop(); }

template <class Work>
bool stops(Work work) {
  const Listening listening(&stop);
  // Questions are some milliseconds apart.
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  try {
    work();
  } catch (const Stop&) {
    return true;
  }
  return false;
}

void a_loop_asks_now_and_then() {
  const Listening listening(&count);
  Turns turns;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{200};
  while (std::chrono::steady_clock::now() < end) turns.next();
  CHECK(asked >= 3);
  CHECK(asked <= 30);
}

void turn(Turns& turns, int times, std::chrono::milliseconds each) {
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(each);
    turns.next();
  }
}

// Turns become slow, of 3 ms: after the 64 that were to pass, every one of them looks at the clock.
void slow_turns_ask_each_time() {
  const Listening listening(&count);
  Turns turns;
  turn(turns, 1'000, std::chrono::milliseconds{0});
  turn(turns, 64, std::chrono::milliseconds{3});
  asked = 0;
  turn(turns, 5, std::chrono::milliseconds{20});
  CHECK_EQUAL(asked, 5);
}

void nobody_listens_outside() {
  asked = 0;
  Turns turns;
  for (int i = 0; i < 1'000'000; ++i) turns.next();
  CHECK_EQUAL(asked, 0);
}

void the_one_before_listens_again() {
  const Listening outer(&stop);
  { const Listening inner(&count); }
  CHECK(stops([] {
    Turns turns;
    for (int i = 0; i < 1'000; ++i) turns.next();
  }));
}

// 2^40 matrix products, whatever the memory.
void a_simulation_stops() {
  const Node loop = loop_begin(1, 0, std::int64_t{1} << 40, 1, 3);
  ProgramSpec program;
  program.kernels.push_back(kernel_of({loop, transfer_of(Opcode::Load, 0, 0, 8),
                                       vector_on(0, 8, true), loop_end(loop, 0)}));
  program.tensors = {{4096, 4096}};
  program.launches = {{0, {0}, {}}};
  for (const bool plain : {false, true}) {
    CHECK(stops([&] { (void)simulate(program, small_machine(), {}, plain); }));
  }
}

}  // namespace

int main() {
  a_loop_asks_now_and_then();
  slow_turns_ask_each_time();
  nobody_listens_outside();
  the_one_before_listens_again();
  a_simulation_stops();
  return failed_checks == 0 ? 0 : 1;
}
