#include "dram/fast/policies.hpp"

namespace npu::togsim::dram {

void FastSingleBus::schedule() {
  Candidate best;
  consider_active(best);
  if (best.found()) return issue(best);
  if (refresh_waits()) {
    // One that would close an active request's bank waits for that request.
    if (refresh_closes_active()) return;
    const Act act = refresh_act();
    const std::int64_t ready = device_.earliest_of_node(act, refreshing_node());
    return ready > now_ ? wake(ready) : issue_refresh(act);
  }
  const FastQueue& queue = read_or_write_queue();
  consider_hits(queue, best);
  consider_others(queue, best,
                  [&](Act act, std::size_t bank) { return act != Act::Close || !is_active(bank); });
  if (best.found()) issue(best);
}

}  // namespace npu::togsim::dram
