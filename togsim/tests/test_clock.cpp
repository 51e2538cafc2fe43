// Clock edges come from the cycle number: no drift, and exact both ways.
#include "check.hpp"
#include "clock.hpp"

using namespace npu::togsim;

int main() {
  const Clock<CoreCycle> clock(940);
  // 10^6 / 940 = 1063.8297...
  CHECK_EQUAL(clock.edge({0}).n, 0);
  CHECK_EQUAL(clock.edge({1}).n, 1063);
  CHECK_EQUAL(clock.edge({2}).n, 2127);
  CHECK_EQUAL(clock.edge({940}).n, 1'000'000);  // exactly one microsecond: nothing lost
  CHECK_EQUAL(clock.edge({940'000'000}).n, 1'000'000'000'000);

  CHECK_EQUAL(clock.at_or_after({0}).n, 0);
  CHECK_EQUAL(clock.at_or_after({1}).n, 1);
  CHECK_EQUAL(clock.at_or_after({1063}).n, 1);
  CHECK_EQUAL(clock.at_or_after({1064}).n, 2);
  for (const std::int64_t mhz : {1, 7, 700, 940, 1050, 1200, 3502, 6400}) {
    const Clock<DramCycle> other(mhz);
    for (std::int64_t n = 0; n < 10'000; ++n) {
      CHECK_EQUAL(other.at_or_after(other.edge({n})).n, n);
    }
  }

  // Half a cycle of 1.6 GHz, 312.5 ps: edges at 0, 312, 625, 937, 1250.
  const Clock<DramCycle> half(Period{625, 2});
  const std::int64_t edges[] = {0, 312, 625, 937, 1250};
  for (std::int64_t n = 0; n < 5; ++n) CHECK_EQUAL(half.edge({n}).n, edges[n]);
  CHECK_EQUAL(half.at_or_after({312}).n, 1);
  CHECK_EQUAL(half.at_or_after({313}).n, 2);
  CHECK_EQUAL(half.at_or_before({311}).n, 0);
  CHECK_EQUAL(half.at_or_before({312}).n, 1);
  CHECK_EQUAL(half.at_or_before({624}).n, 1);
  CHECK_THROWS(Clock<DramCycle>(Period{1, 2}), "above 1 THz");

  CHECK_THROWS(Clock<CoreCycle>(0), "positive frequency");
  CHECK_THROWS((void)clock.edge({std::int64_t{1} << 60}), "beyond");
  return failed_checks == 0 ? 0 : 1;
}
