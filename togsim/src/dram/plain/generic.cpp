#include "dram/plain/policies.hpp"

namespace npu::togsim::dram {

// Requests whose row was opened for them, then a refresh, then the queue of the mode. A precharge
// that would close an opened row is not issued, and takes the tick with it.
void PlainGeneric::schedule() {
  const auto any = [](const Waiting&, std::int32_t) { return true; };
  std::optional<Candidate> best = oldest_ready(active_, any);
  if (!best) best = priority_.empty() ? oldest_ready(read_or_write_queue(), any)
                                      : refresh_if_ready();
  if (!best || closes_active(best->command, address_of(*best))) return;
  issue(*best);
}

}  // namespace npu::togsim::dram
