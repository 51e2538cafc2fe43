// A port of one a cycle, oldest first: against a simulation cycle by cycle.
#include <algorithm>
#include <optional>
#include <random>

#include "check.hpp"
#include "core/slot_calendar.hpp"

using namespace npu::togsim;

namespace {

void takes_the_first_free_cycle() {
  SlotCalendar calendar;
  CHECK_EQUAL(calendar.book({0}, {10}).n, 10);
  CHECK_EQUAL(calendar.book({0}, {10}).n, 11);
  CHECK_EQUAL(calendar.book({0}, {9}).n, 9);    // an earlier hole is still free
  CHECK_EQUAL(calendar.book({0}, {9}).n, 12);
  CHECK_EQUAL(calendar.book({1}, {100'000}).n, 100'000);  // far ahead: the ring grows
  CHECK_EQUAL(calendar.book({99'999}, {100'000}).n, 100'001);
}

// Items of increasing age number; each cycle the oldest that has arrived is taken.
void equals_oldest_first_arbitration() {
  std::mt19937 random(1);
  std::vector<std::int64_t> arrivals;
  for (int i = 0; i < 400; ++i) {
    arrivals.push_back(i / 4 + static_cast<std::int64_t>(random() % 90));
  }
  std::vector<std::optional<std::int64_t>> taken(arrivals.size());
  for (std::int64_t cycle = 0; cycle < 2'000; ++cycle) {
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      if (taken[i] || arrivals[i] > cycle) continue;
      taken[i] = cycle;
      break;
    }
  }
  SlotCalendar calendar;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const IcntCycle now{static_cast<std::int64_t>(i) / 4};
    CHECK_EQUAL(calendar.book(now, {arrivals[i]}).n, *taken[i]);
  }
}

}  // namespace

int main() {
  takes_the_first_free_cycle();
  equals_oldest_first_arbitration();
  return failed_checks == 0 ? 0 : 1;
}
