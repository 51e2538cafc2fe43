// Ports of the windowed memory: one response a cycle, the oldest request's first.
#include "check.hpp"
#include "memory/response_ports.hpp"

using namespace npu::togsim;

namespace {

// Request 7 of age 7 comes first; while it is served the older ones queue up, and leave by age.
void serves_the_oldest_of_those_that_wait() {
  ResponsePorts ports(2);
  ports.add({10}, 0, 7, 7);
  ports.add({11}, 0, 5, 5);
  ports.add({11}, 0, 3, 3);
  ports.add({11}, 1, 6, 6);  // another port takes its own in the same cycle
  ports.add({12}, 0, 4, 4);
  std::vector<Response> out;
  ports.serve({9}, out);
  CHECK(out.empty());
  ports.serve({13}, out);
  const RequestId order[] = {7, 3, 6, 4, 5};
  const std::int64_t cycles[] = {10, 11, 11, 12, 13};
  CHECK_EQUAL(out.size(), std::size_t{5});
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK_EQUAL(out[i].id, order[i]);
    CHECK_EQUAL(out[i].back.n, cycles[i]);
  }
}

// What comes beyond the calendar's days makes it grow, and nothing is lost.
void reaches_far_ahead() {
  ResponsePorts ports(1);
  ports.skip_to({1'000'000});
  ports.add({1'000'003}, 0, 0, 0);
  ports.add({1'000'900}, 0, 1, 1);
  ports.add({1'000'901}, 0, 2, 2);
  std::vector<Response> out;
  ports.serve({1'000'900}, out);
  CHECK_EQUAL(out.size(), std::size_t{2});
  CHECK_EQUAL(out[0].back.n, 1'000'003);
  ports.serve({1'001'000}, out);
  CHECK_EQUAL(out[2].back.n, 1'000'901);
  CHECK_EQUAL(ports.known().n, 1'001'000);
}

}  // namespace

int main() {
  serves_the_oldest_of_those_that_wait();
  reaches_far_ahead();
  return failed_checks == 0 ? 0 : 1;
}
