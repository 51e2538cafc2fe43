#include "dram/trace.hpp"

#include <algorithm>

namespace npu::togsim::dram {

TraceResult run_trace(const Spec& spec, const std::vector<TraceRequest>& requests, bool plain,
                      bool log_commands) {
  constexpr std::size_t kBatch = 1 << 14;  // requests that wait at once
  Controller controller(spec, plain, log_commands);
  TraceResult result;
  result.completions.resize(requests.size());
  std::vector<Completion> done;
  const auto collect = [&] {
    for (const Completion& completion : done) result.completions[completion.id] = completion;
    if (!done.empty()) result.total_ticks = done.back().tick.n;
    done.clear();
  };
  std::int64_t cycle = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    // One whose cycle lies before that of the request ahead of it cannot be offered earlier.
    cycle = std::max(cycle, requests[i].cycle);
    controller.push({cycle}, requests[i].address, requests[i].write, i);
    if (i % kBatch != kBatch - 1) continue;
    controller.advance({cycle}, done);
    collect();
  }
  controller.drain(done);
  collect();
  result.stats = controller.stats();
  result.commands = controller.commands();
  return result;
}

}  // namespace npu::togsim::dram
