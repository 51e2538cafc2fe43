// The walk over rolled loops: order, tails, empty loops, work items, and no growth with trips.
#include "builders.hpp"
#include "check.hpp"
#include "walker.hpp"

using namespace npu::togsim;

namespace {

void walks_nested_loops_with_tails() {
  // for i in [0, 5) step 2: wait; for j in [10, 12): wait
  const Node outer = loop_begin(0, 0, 5, 2, 5);
  const Node inner = loop_begin(1, 10, 12, 1, 4);
  const KernelSpec kernel =
      kernel_of({outer, wait_on(0), inner, wait_on(1), loop_end(inner, 2), loop_end(outer, 0)});
  Walker walker(kernel, 0, 1);
  for (const std::int64_t i : {0, 2, 4}) {
    CHECK_EQUAL(walker.position(), std::size_t{1});
    CHECK_EQUAL(walker.ivs()[0], i);
    walker.advance();
    for (const std::int64_t j : {10, 11}) {
      CHECK_EQUAL(walker.position(), std::size_t{3});
      CHECK_EQUAL(walker.ivs()[1], j);
      walker.advance();
    }
  }
  CHECK(walker.peek() == nullptr);
}

void skips_loops_without_iterations() {
  const Node empty = loop_begin(0, 4, 4, 1, 2);
  const KernelSpec kernel = kernel_of({empty, wait_on(0), loop_end(empty, 0), wait_on(1)});
  Walker walker(kernel, 0, 1);
  CHECK_EQUAL(walker.position(), std::size_t{3});
  walker.advance();
  CHECK(walker.peek() == nullptr);
}

// 2 x 3 work items over 2 cores: core 1 has items 1, 3, 5 = (0, 4), (8, 0), (8, 8).
void deals_work_items_row_major() {
  const KernelSpec kernel =
      kernel_of({wait_on(0)}, {{0, 0, 16, 8, 0}, {1, 0, 12, 4, 0}});
  CHECK_EQUAL(work_items(kernel), 6);
  Walker walker(kernel, 1, 2);
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{0, 4}, {8, 0}, {8, 8}};
  for (const auto& [i, j] : expected) {
    CHECK(walker.peek() != nullptr);
    CHECK_EQUAL(walker.ivs()[0], i);
    CHECK_EQUAL(walker.ivs()[1], j);
    walker.advance();
  }
  CHECK(walker.peek() == nullptr);
}

void ends_at_once_without_work() {
  const KernelSpec none = kernel_of({}, {{0, 0, 1'000, 1, 0}});
  CHECK(Walker(none, 0, 1).peek() == nullptr);
  const KernelSpec one = kernel_of({wait_on(0)});
  CHECK(Walker(one, 1, 2).peek() == nullptr);  // the second of two cores
}

}  // namespace

int main() {
  walks_nested_loops_with_tails();
  skips_loops_without_iterations();
  deals_work_items_row_major();
  ends_at_once_without_work();
  return failed_checks == 0 ? 0 : 1;
}
