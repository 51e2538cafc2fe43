#include "dram/plain/policies.hpp"

namespace npu::togsim::dram {

// As in 2.0, but a precharge that would close an opened row is passed over, and the next best tried.
void PlainSingleBus::schedule() {
  std::optional<Candidate> best = oldest_ready(active_, [](const Waiting&, std::int32_t) {
    return true;
  });
  if (!best && !priority_.empty()) {
    best = refresh_if_ready();
    if (best && closes_active(best->command, address_of(*best))) best.reset();
  } else if (!best) {
    best = oldest_ready(read_or_write_queue(), [&](const Waiting& waiting, std::int32_t command) {
      return !closes_active(command, waiting.address);
    });
  }
  if (best) issue(*best);
}

}  // namespace npu::togsim::dram
