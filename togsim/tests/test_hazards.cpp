// Which earlier instruction, and which of its phases, an instruction waits for.
#include <random>

#include "check.hpp"
#include "core/hazards.hpp"

using namespace npu::togsim;

namespace {

struct Fixture {
  Window window;
  Hazards hazards;

  explicit Fixture(std::vector<BufferSpec> buffers) : hazards(buffers) {}

  InstructionId add(Opcode op, std::vector<Rectangle> rectangles) {
    const InstructionId id = window.add();
    window[id].op = op;
    window[id].rectangles = std::move(rectangles);
    hazards.enter(window, id);
    return id;
  }

  void pass(InstructionId id, Phase phase) {
    window.pass(id, phase);
    if (phase == Phase::ReadsDone) hazards.leave_reads(window, id);
    if (phase == Phase::Complete) hazards.leave_writes(window, id);
  }
};

Rectangle rows(std::int64_t lo, std::int64_t hi, bool write, std::uint32_t buffer = 0,
               std::uint32_t slot = 0) {
  Rectangle result;
  result.buffer = buffer;
  result.slot = slot;
  result.rank = 1;
  result.write = write;
  result.lo[0] = lo;
  result.hi[0] = hi;
  return result;
}

std::vector<BufferSpec> one_buffer() { return {{2, 4, 0, {64}, "a"}}; }

void orders_raw_war_waw_by_phase() {
  Fixture raw(one_buffer());
  const InstructionId writer = raw.add(Opcode::Load, {rows(0, 8, true)});
  const InstructionId reader = raw.add(Opcode::Vector, {rows(7, 9, false)});
  const InstructionId beside = raw.add(Opcode::Vector, {rows(8, 9, false)});
  const InstructionId slot1 = raw.add(Opcode::Vector, {rows(0, 8, false, 0, 1)});
  CHECK(!raw.window[reader].ready());
  CHECK(raw.window[beside].ready());
  CHECK(raw.window[slot1].ready());
  raw.pass(writer, Phase::ReadsDone);
  CHECK(!raw.window[reader].ready());
  raw.pass(writer, Phase::Complete);
  CHECK(raw.window[reader].ready());

  const InstructionId overwriter = raw.add(Opcode::Load, {rows(7, 8, true)});  // WAR with reader
  CHECK(!raw.window[overwriter].ready());
  raw.pass(reader, Phase::ReadsDone);
  CHECK(raw.window[overwriter].ready());
  const InstructionId again = raw.add(Opcode::Load, {rows(0, 64, true)});  // WAW, and WAR
  CHECK(!raw.window[again].ready());
  raw.pass(overwriter, Phase::Complete);
  CHECK(!raw.window[again].ready());
  raw.pass(beside, Phase::ReadsDone);
  CHECK(raw.window[again].ready());
}

void reads_do_not_order() {
  Fixture fixture(one_buffer());
  fixture.add(Opcode::Vector, {rows(0, 8, false)});
  CHECK(fixture.window[fixture.add(Opcode::Vector, {rows(0, 8, false)})].ready());
}

void chains_matmuls_on_equal_accumulators() {
  Fixture fixture(one_buffer());
  const InstructionId first = fixture.add(Opcode::Matmul, {rows(0, 8, true)});
  const InstructionId second = fixture.add(Opcode::Matmul, {rows(0, 8, true)});
  const InstructionId shifted = fixture.add(Opcode::Matmul, {rows(0, 4, true)});
  CHECK_EQUAL(fixture.window[second].pending[static_cast<std::size_t>(Need::Accumulator)], 1U);
  fixture.pass(first, Phase::Started);
  CHECK(fixture.window[second].ready());
  fixture.pass(second, Phase::Started);
  fixture.pass(first, Phase::Complete);
  CHECK(!fixture.window[shifted].ready());  // another rectangle: waits for completion
  fixture.pass(second, Phase::Complete);
  CHECK(fixture.window[shifted].ready());
}

// A reader of a chain waits for every matmul of it, not only for the last.
void a_reader_waits_for_the_whole_chain() {
  Fixture fixture(one_buffer());
  const InstructionId first = fixture.add(Opcode::Matmul, {rows(0, 8, true)});
  const InstructionId second = fixture.add(Opcode::Matmul, {rows(0, 8, true)});
  const InstructionId reader = fixture.add(Opcode::Vector, {rows(0, 8, false)});
  fixture.pass(second, Phase::Complete);
  CHECK(!fixture.window[reader].ready());
  fixture.pass(first, Phase::Complete);
  CHECK(fixture.window[reader].ready());
}

// Buffer b lies on slot 1 of buffer a: bytes 256 to 512.
void orders_buffers_that_share_bytes() {
  Fixture fixture({{2, 4, 0, {64}, "a"}, {1, 4, 256, {64}, "b"}});
  const InstructionId first = fixture.add(Opcode::Load, {rows(0, 1, true, 0, 1)});
  const InstructionId apart = fixture.add(Opcode::Load, {rows(0, 1, true, 0, 0)});
  const InstructionId sharing = fixture.add(Opcode::Vector, {rows(60, 64, false, 1)});
  CHECK(fixture.window[apart].ready());
  CHECK(!fixture.window[sharing].ready());
  fixture.pass(first, Phase::Complete);
  CHECK(fixture.window[sharing].ready());
}

// Against the plain rule: at any time an instruction is ready exactly when no older, unfinished
// one conflicts (one-phase instructions, random rectangles, random order of completion).
void agrees_with_the_plain_rule() {
  std::mt19937 random(7);
  Fixture fixture(one_buffer());
  std::vector<std::pair<InstructionId, Rectangle>> live;
  for (int step = 0; step < 3'000; ++step) {
    if (live.size() < 30 && random() % 2 == 0) {
      const auto lo = static_cast<std::int64_t>(random() % 60);
      const Rectangle rectangle =
          rows(lo, lo + 1 + static_cast<std::int64_t>(random() % 4), random() % 2 == 0);
      live.emplace_back(fixture.add(Opcode::Vector, {rectangle}), rectangle);
    }
    for (std::size_t i = 0; i < live.size(); ++i) {
      bool blocked = false;
      for (std::size_t j = 0; j < i; ++j) {
        const Rectangle& a = live[i].second;
        const Rectangle& b = live[j].second;
        blocked = blocked || ((a.write || b.write) && a.lo[0] < b.hi[0] && b.lo[0] < a.hi[0]);
      }
      CHECK(fixture.window[live[i].first].ready() == !blocked);
    }
    if (live.empty() || random() % 2 == 0) continue;
    const std::size_t done = random() % live.size();
    const InstructionId id = live[done].first;
    if (!fixture.window[id].ready()) continue;
    fixture.pass(id, Phase::ReadsDone);
    fixture.pass(id, Phase::Complete);
    fixture.window.retire(id);
    live.erase(live.begin() + static_cast<std::ptrdiff_t>(done));
  }
}

// A buffer of one slot on the bytes of 2^21 slots of another: told, not listed.
void refuses_more_aliases_than_can_be_watched() {
  const std::vector<BufferSpec> buffers{{1, 1, 0, {1 << 21}, "whole"}, {1 << 21, 1, 0, {1}, "bytes"}};
  CHECK_THROWS(Hazards{buffers}, "pairs of slots share bytes");
}

}  // namespace

int main() {
  refuses_more_aliases_than_can_be_watched();
  orders_raw_war_waw_by_phase();
  reads_do_not_order();
  chains_matmuls_on_equal_accumulators();
  a_reader_waits_for_the_whole_chain();
  orders_buffers_that_share_bytes();
  agrees_with_the_plain_rule();
  return failed_checks == 0 ? 0 : 1;
}
