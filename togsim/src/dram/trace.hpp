// A whole trace of requests through one channel.
#pragma once

#include <cstdint>
#include <vector>

#include "dram/controller.hpp"

namespace npu::togsim::dram {

struct TraceRequest {
  std::int64_t cycle = 0;  // not before this tick; cycles may decrease, the order is the trace's
  std::uint64_t address = 0;
  bool write = false;
};

struct TraceResult {
  std::int64_t total_ticks = 0;          // the last completion
  std::vector<Completion> completions;   // by request; `id` is its position
  ControllerStats stats;
  std::vector<CommandRecord> commands;   // if wanted
};

// Every tick the first request that is left is offered, from its cycle on; the run ends with the last
// completion.
TraceResult run_trace(const Spec& spec, const std::vector<TraceRequest>& requests, bool plain,
                      bool log_commands);

}  // namespace npu::togsim::dram
