// Which entries a trace keeps: those that touch its window, up to its limit.
#include "trace.hpp"

#include "check.hpp"

using namespace npu::togsim;

namespace {

TraceRecord record(std::int64_t decoded, std::int64_t completed) {
  TraceRecord result;
  result.decoded = decoded;
  result.completed = completed;
  return result;
}

TraceSpec window(std::int64_t begin, std::int64_t end, std::int64_t every = 1) {
  TraceSpec spec(true);
  spec.begin = begin;
  spec.end = end;
  spec.every = every;
  return spec;
}

bool keeps(const TraceSpec& spec, std::int64_t decoded, std::int64_t completed) {
  Trace trace(spec);
  trace.add(record(decoded, completed));
  return trace.records().size() == 1;
}

// [10, 20): what is over by cycle 10, or begins in cycle 20, has no cycle in it.
void a_window_is_half_open() {
  CHECK(!keeps(window(10, 20), 5, 10));
  CHECK(keeps(window(10, 20), 5, 11));
  CHECK(keeps(window(10, 20), 19, 30));
  CHECK(!keeps(window(10, 20), 20, 30));
  CHECK(keeps(window(10, 20), 0, 100));
}

// [10, 20), [40, 50), [70, 80) and so on.
void every_third_window() {
  CHECK(!keeps(window(10, 20, 3), 20, 40));
  CHECK(keeps(window(10, 20, 3), 20, 41));
  CHECK(keeps(window(10, 20, 3), 49, 51));
  CHECK(!keeps(window(10, 20, 3), 50, 70));
  CHECK(keeps(window(10, 20, 3), 0, 1'000));
  CHECK(!keeps(window(10, 20, 3), 0, 10));
  CHECK(keeps(window(10, 20, 3), 79, 80));
  CHECK(!keeps(window(10, 20, 3), 80, 81));
}

void the_limit_says_up_to_where_nothing_is_missing() {
  TraceSpec spec(true);
  spec.limit = 2;
  Trace trace(spec);
  trace.add(record(0, 5));
  trace.in_state({0, 0, 1, 0, 7}, false);
  trace.in_state({0, 0, 0, 7, 9}, true);  // ends the span: the second entry
  trace.add(record(6, 20));
  trace.add(record(4, 30));
  trace.add(record(9, 40));
  CHECK_EQUAL(trace.records().size(), std::size_t{1});
  CHECK_EQUAL(trace.spans().size(), std::size_t{1});
  CHECK_EQUAL(trace.left_out(), 3);
  CHECK_EQUAL(trace.complete_until(), 4);
}

// Cycles of one state that follow one another are one span; idle ones are none.
void spans_merge() {
  Trace trace(TraceSpec(true));
  trace.in_state({0, 0, 1, 0, 3}, false);
  trace.in_state({0, 0, 1, 3, 4}, false);
  trace.in_state({0, 1, 1, 3, 4}, false);  // another unit
  trace.in_state({0, 0, 2, 4, 6}, false);
  trace.in_state({0, 0, 5, 6, 8}, true);
  trace.in_state({0, 0, 2, 8, 9}, false);
  trace.finish();
  const auto& spans = trace.spans();
  CHECK_EQUAL(spans.size(), std::size_t{4});
  CHECK_EQUAL(spans[0].state, 1);
  CHECK_EQUAL(spans[0].end, 4);
  CHECK_EQUAL(spans[1].begin, 4);
  CHECK_EQUAL(spans[1].end, 6);
  CHECK_EQUAL(spans[2].begin, 8);
  CHECK_EQUAL(spans[2].end, 9);
  CHECK_EQUAL(spans[3].unit, 1);
}

}  // namespace

int main() {
  a_window_is_half_open();
  every_third_window();
  the_limit_says_up_to_where_nothing_is_missing();
  spans_merge();
  return failed_checks == 0 ? 0 : 1;
}
