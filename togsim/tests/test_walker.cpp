// The walk over rolled loops: order, tails, empty loops, work items, and what these share.
#include "builders.hpp"
#include "check.hpp"
#include "core/walker.hpp"

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

// What the walker of core `first` of `stride` decodes: positions in the code, and loop 0's variable.
std::vector<std::pair<std::size_t, std::int64_t>> walked(const KernelSpec& kernel,
                                                         std::int64_t first, std::int64_t stride) {
  std::vector<std::pair<std::size_t, std::int64_t>> result;
  for (Walker walker(kernel, first, stride); walker.peek() != nullptr; walker.advance()) {
    result.emplace_back(walker.position(), walker.ivs()[0]);
  }
  return result;
}

// for j in [0, 2): wait, ahead of three work items of one wait each.
void walks_shared_code_once_a_core() {
  const Node shared = loop_begin(1, 0, 2, 1, 2);
  const Node end = loop_end(shared, 0);
  KernelSpec kernel = kernel_of({shared, wait_on(0), end, wait_on(1)}, {{0, 0, 30, 10, 0}});
  kernel.once = 3;
  find_empty_loops(kernel);
  using Steps = std::vector<std::pair<std::size_t, std::int64_t>>;
  CHECK((walked(kernel, 0, 1) == Steps{{1, 0}, {1, 0}, {3, 0}, {3, 10}, {3, 20}}));
  CHECK((walked(kernel, 0, 2) == Steps{{1, 0}, {1, 0}, {3, 0}, {3, 20}}));
  CHECK((walked(kernel, 1, 2) == Steps{{1, 10}, {1, 10}, {3, 10}}));
  CHECK((walked(kernel, 2, 4) == Steps{{1, 20}, {1, 20}, {3, 20}}));
  CHECK(walked(kernel, 3, 4).empty());  // a core without an item
}

void ends_at_once_without_work() {
  const KernelSpec none = kernel_of({}, {{0, 0, 1'000, 1, 0}});
  CHECK(Walker(none, 0, 1).peek() == nullptr);
  const KernelSpec one = kernel_of({wait_on(0)});
  CHECK(Walker(one, 1, 2).peek() == nullptr);  // the second of two cores
}

constexpr std::int64_t kMany = std::int64_t{1} << 40;

// for i in [0, 2): { for j, k in [0, 2^40): {}; wait; for k in [0, 2^40): { for j in [0, 0): wait } }
// Without the closed form the first empty nest alone would take 2^80 steps.
void skips_nests_without_operations() {
  const Node outer = loop_begin(0, 0, 2, 1, 10);
  const Node first = loop_begin(1, 0, kMany, 1, 4);
  const Node inner = loop_begin(2, 0, kMany, 1, 3);
  const Node second = loop_begin(2, 0, kMany, 1, 9);
  const Node never = loop_begin(1, 0, 0, 1, 8);
  const KernelSpec kernel =
      kernel_of({outer, first, inner, loop_end(inner, 2), loop_end(first, 1), wait_on(0), second,
                 never, loop_end(never, 7), loop_end(second, 6), loop_end(outer, 0)});
  using Steps = std::vector<std::pair<std::size_t, std::int64_t>>;
  CHECK((walked(kernel, 0, 1) == Steps{{5, 0}, {5, 1}}));
}

// 2^60 items of an empty loop behind one shared wait: the wait, and the end.
void skips_items_without_operations() {
  const Node loop = loop_begin(2, 0, kMany, 1, 2);
  KernelSpec kernel = kernel_of({wait_on(0), loop, loop_end(loop, 1)},
                                {{0, 0, kMany, 1, 0}, {1, 0, 1 << 20, 1, 0}});
  kernel.once = 1;
  find_empty_loops(kernel);
  CHECK_EQUAL(work_items(kernel), std::int64_t{1} << 60);
  CHECK_EQUAL(walked(kernel, 3, 4).size(), std::size_t{1});
  kernel.once = 0;
  kernel.code.erase(kernel.code.begin());
  kernel.code[0].loop.partner = 1;
  kernel.code[1].loop.partner = 0;
  find_empty_loops(kernel);
  CHECK(walked(kernel, 0, 1).empty());
}

// A loop whose body has an operation is not empty, whatever stands around the operation.
void walks_what_is_not_empty() {
  const Node outer = loop_begin(0, 0, 2, 1, 5);
  const Node empty = loop_begin(1, 0, kMany, 1, 2);
  const Node inner = loop_begin(1, 0, 1, 1, 5);
  const KernelSpec kernel = kernel_of({outer, empty, loop_end(empty, 1), inner, wait_on(0),
                                       loop_end(inner, 3), loop_end(outer, 0)});
  KernelSpec fixed = kernel;
  fixed.code[0].loop.partner = 6;
  CHECK_EQUAL(walked(fixed, 0, 1).size(), std::size_t{2});
}

// Items near the end of 64 bits: a core's next item is beyond them.
void ends_at_the_largest_item() {
  const KernelSpec kernel =
      kernel_of({wait_on(0)}, {{0, 0, kMany, 1, 0}, {1, 0, kMany >> 18, 1, 0}, {2, 0, 1, 1, 0}});
  const std::int64_t items = work_items(kernel);
  CHECK_EQUAL(walked(kernel, items - 1, std::int64_t{1} << 62).size(), std::size_t{1});
}

void refuses_more_items_than_64_bits_count() {
  KernelSpec kernel = kernel_of({wait_on(0)}, {{0, 0, kMany, 1, 0}, {1, 0, kMany, 1, 0}});
  CHECK_THROWS(static_cast<void>(work_items(kernel)), "more work items than 64 bits count");
  kernel.parallel.push_back({2, 0, 0, 1, 0});  // none at all, whatever the others count
  CHECK_EQUAL(work_items(kernel), std::int64_t{0});
}

}  // namespace

int main() {
  skips_nests_without_operations();
  skips_items_without_operations();
  walks_what_is_not_empty();
  ends_at_the_largest_item();
  refuses_more_items_than_64_bits_count();
  walks_nested_loops_with_tails();
  skips_loops_without_iterations();
  deals_work_items_row_major();
  walks_shared_code_once_a_core();
  ends_at_once_without_work();
  return failed_checks == 0 ? 0 : 1;
}
