// Events come by (time, target), whoever was scheduled first; the past cannot be scheduled.
#include "check.hpp"
#include "event_queue.hpp"

using namespace npu::togsim;

namespace {

void orders_by_time_then_target() {
  EventQueue queue;
  CHECK(queue.next_time() == kNever);
  queue.schedule({20}, 2);
  queue.schedule({10}, 3);
  queue.schedule({20}, 0);
  queue.schedule({10}, 1);
  CHECK_EQUAL(queue.next_time().n, 10);
  for (const std::uint32_t expected : {1U, 3U, 0U, 2U}) {
    CHECK_EQUAL(queue.take().target, expected);
  }
  CHECK(queue.empty());
}

void refuses_the_past() {
  EventQueue queue;
  queue.schedule({10}, 0);
  (void)queue.take();
  queue.schedule({10}, 1);  // now is allowed
  CHECK_THROWS(queue.schedule({9}, 2), "before now");
}

}  // namespace

int main() {
  orders_by_time_then_target();
  refuses_the_past();
  return failed_checks == 0 ? 0 : 1;
}
