// The L2 slice: each rule at its edge. Policies one by one: tests/togsim/l2.
#include "l2/slice.hpp"

#include <vector>

#include "check.hpp"

using namespace npu::togsim;
using namespace npu::togsim::l2;

namespace {

// Two sets of two lines of two sectors of one block.
Spec small() {
  Spec spec;
  spec.sets = 2;
  spec.ways = 2;
  spec.line_blocks = 2;
  spec.mshr_entries = 8;
  spec.mshr_merges = 2;
  spec.miss_queue = 4;
  return spec;
}

struct Bench {
  explicit Bench(const Spec& spec) : slice(spec) {}

  Outcome read(std::int64_t now, std::uint64_t block, std::uint64_t id = 0) {
    return slice.access({now}, block, false, id, answered, to_dram);
  }
  Outcome write(std::int64_t now, std::uint64_t block, std::uint64_t id = 0) {
    return slice.access({now}, block, true, id, answered, to_dram);
  }
  void fill(std::int64_t now, std::uint64_t block) {
    slice.fill({now}, block, answered, to_dram);
  }

  Slice slice;
  std::vector<std::uint64_t> answered;
  std::vector<DramRequest> to_dram;
};

void waiters_are_answered_in_order_up_to_the_merge_limit() {
  Bench bench(small());
  CHECK(bench.read(0, 4, 1) == Outcome::Miss);
  CHECK(bench.read(1, 4, 2) == Outcome::HitReserved);
  CHECK(bench.read(2, 4, 3) == Outcome::Stall);
  CHECK(!bench.slice.next_offer());
  bench.fill(9, 4);
  CHECK((bench.answered == std::vector<std::uint64_t>{1, 2}));
  CHECK(bench.read(9, 4, 3) == Outcome::Hit);
  CHECK_EQUAL(bench.slice.stats().stall_cycles[static_cast<std::size_t>(Stall::MshrMerge)], 7);
}

// Whether the refused access is offered in every cycle or at the end only, the count is the same.
void stalled_cycles_do_not_depend_on_the_offers() {
  for (const std::int64_t step : {1, 5}) {
    Bench bench(small());
    bench.read(0, 4, 1);
    bench.read(1, 4, 2);
    for (std::int64_t now = 2; now < 12; now += step) CHECK(bench.read(now, 4) == Outcome::Stall);
    bench.fill(12, 4);
    CHECK(bench.read(12, 4) == Outcome::Hit);
    CHECK_EQUAL(bench.slice.stats().stall_cycles[static_cast<std::size_t>(Stall::MshrMerge)], 10);
  }
}

// Four requests in cycle 0 leave in cycles 1 to 4: the fifth has room once the first has left.
void miss_queue_has_room_a_cycle_later() {
  Bench bench(small());
  for (std::uint64_t block = 0; block < 4; ++block) {
    CHECK(bench.read(0, block) == (block % 2 == 0 ? Outcome::Miss : Outcome::SectorMiss));
    CHECK_EQUAL(bench.to_dram.back().leaves.n, static_cast<std::int64_t>(block) + 1);
  }
  CHECK(bench.read(0, 4) == Outcome::Stall);
  CHECK_EQUAL(bench.slice.next_offer()->n, 1);
  CHECK(bench.read(1, 4) == Outcome::Miss);
  CHECK_EQUAL(bench.to_dram.back().leaves.n, 5);
}

// A hit of 32 bytes through a port of 16 takes it for two cycles.
void port_is_busy_for_bytes_over_width() {
  Spec spec = small();
  spec.port_bytes = 16;
  Bench bench(spec);
  bench.read(0, 4);
  bench.fill(5, 4);
  CHECK(bench.read(10, 4) == Outcome::Hit);
  CHECK(bench.read(11, 4) == Outcome::Stall);
  CHECK_EQUAL(bench.slice.next_offer()->n, 12);
  CHECK(bench.read(12, 4) == Outcome::Hit);
  CHECK_EQUAL(bench.slice.stats().stall_cycles[static_cast<std::size_t>(Stall::Port)], 1);
}

// Set 0 has two lines; with both awaiting data no third one fits, until one of them has it.
void lines_that_await_data_cannot_go() {
  Bench bench(small());
  bench.read(0, 0);
  bench.read(1, 4);
  CHECK(bench.read(2, 8) == Outcome::Stall);
  CHECK(!bench.slice.next_offer());
  bench.fill(3, 4);
  CHECK(bench.read(3, 8) == Outcome::Miss);
  CHECK_EQUAL(bench.slice.stats().evictions, 1);
  bench.fill(4, 0);
  CHECK(bench.read(5, 0) == Outcome::Hit);
  CHECK(bench.read(6, 4) == Outcome::Miss);  // line 0 goes, line 8 still waits
  CHECK_EQUAL(bench.slice.stats().evictions, 2);
}

void miss_registers_run_out() {
  Spec spec = small();
  spec.mshr_entries = 1;
  Bench bench(spec);
  bench.read(0, 0);
  CHECK(bench.read(1, 1) == Outcome::Stall);
  bench.fill(2, 0);
  CHECK(bench.read(2, 1) == Outcome::SectorMiss);
  CHECK_EQUAL(bench.slice.stats().stall_cycles[static_cast<std::size_t>(Stall::MshrEntry)], 1);
}

void release_writes_back_in_order_of_blocks() {
  Spec spec = small();
  spec.planned = true;
  spec.write = WritePolicy::Back;
  spec.write_allocate = WriteAllocate::FetchOnWrite;
  Bench bench(spec);
  bench.slice.activate({0, 6});
  for (const std::uint64_t block : {3U, 0U, 4U}) CHECK(bench.write(0, block) != Outcome::Stall);
  CHECK(bench.write(9, 6) == Outcome::Bypass);
  CHECK_EQUAL(bench.slice.stats().dirty_blocks, 3);
  CHECK_EQUAL(bench.to_dram.size(), 1U);  // what bypasses goes through the miss queue
  CHECK(bench.to_dram[0].purpose == Purpose::Write);
  bench.to_dram.clear();
  bench.slice.release({20}, {0, 6}, bench.to_dram);
  CHECK_EQUAL(bench.to_dram.size(), 3U);
  CHECK_EQUAL(bench.to_dram[0].block, 0U);
  CHECK_EQUAL(bench.to_dram[1].block, 3U);
  CHECK_EQUAL(bench.to_dram[2].block, 4U);
  CHECK_EQUAL(bench.to_dram[2].leaves.n, 23);
  CHECK_EQUAL(bench.slice.stats().dirty_blocks, 0);
  CHECK(bench.read(30, 0) == Outcome::Bypass);
}

void channels_share_out_a_range() {
  MachineSpec machine;
  machine.dram_channels = 8;
  machine.dram_num_partitions = 2;
  const ChannelMap map(machine);
  for (std::uint64_t first = 60; first < 70; ++first) {
    for (std::uint64_t end = first; end < 90; ++end) {
      for (std::uint32_t channel = 0; channel < 8; ++channel) {
        const BlockRange local = local_range({first, end}, map, channel);
        for (std::uint64_t block = 50; block < 100; ++block) {
          if (map.channel(channel / 4, block) != channel) continue;
          CHECK_EQUAL(map.block(channel, map.inside(block)), block);
          const bool in_local = map.inside(block) >= local.first && map.inside(block) < local.end;
          CHECK(in_local == (block >= first && block < end));
        }
      }
    }
  }
}

void map_agrees_with_a_plain_search() {
  IndexMap map;
  std::vector<std::uint64_t> keys(400, 0);
  std::uint64_t state = 1;
  for (int step = 0; step < 20000; ++step) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t key = (state >> 33) % 400;
    const std::uint32_t found = map.find(key << 12);
    CHECK((found == kNone) == (keys[key] == 0));
    if (found != kNone) {
      CHECK_EQUAL(found, keys[key]);
      map.erase(key << 12);
      keys[key] = 0;
    } else {
      keys[key] = static_cast<std::uint64_t>(step) + 1;
      map.insert(key << 12, static_cast<std::uint32_t>(step) + 1);
    }
  }
}

// A range of 2^60 blocks is let go of line by line of those there are, in the order of blocks.
void release_looks_only_at_lines_that_are_there() {
  Spec spec = small();
  spec.planned = true;
  spec.write = WritePolicy::Back;
  spec.write_allocate = WriteAllocate::FetchOnWrite;
  Bench bench(spec);
  const BlockRange all{1, std::uint64_t{1} << 60};
  bench.slice.activate(all);
  const std::uint64_t far = std::uint64_t{1} << 59;
  for (const std::uint64_t block : {far, std::uint64_t{8}, std::uint64_t{3}}) {
    CHECK(bench.write(0, block) != Outcome::Stall);
  }
  bench.to_dram.clear();
  bench.slice.release({20}, all, bench.to_dram);
  std::vector<std::uint64_t> blocks;
  for (const DramRequest& request : bench.to_dram) blocks.push_back(request.block);
  CHECK((blocks == std::vector<std::uint64_t>{3, 8, far}));
}

}  // namespace

int main() {
  release_looks_only_at_lines_that_are_there();
  waiters_are_answered_in_order_up_to_the_merge_limit();
  stalled_cycles_do_not_depend_on_the_offers();
  miss_queue_has_room_a_cycle_later();
  port_is_busy_for_bytes_over_width();
  lines_that_await_data_cannot_go();
  miss_registers_run_out();
  release_writes_back_in_order_of_blocks();
  channels_share_out_a_range();
  map_agrees_with_a_plain_search();
  return failed_checks == 0 ? 0 : 1;
}
