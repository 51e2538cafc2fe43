// What a core did between two moments: all its counters in one row, so that rows subtract and add.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stats.hpp"

namespace npu::togsim {

// In this order: the cycles of each state of the front, the execute queue, the arrays (all of a core
// together), the vector unit and the DMA engine, and those of its waits for memory; then the counts of instructions, of
// multiply-accumulates by width, of bytes, and of requests, as `WorkCounts` and `InstructionCounts`
// have them.
using Activity = std::vector<std::int64_t>;

// All that has been counted on a core so far.
[[nodiscard]] Activity activity_of(const CoreStats& stats);

// What `later` has more than `earlier`.
[[nodiscard]] Activity difference(Activity later, const Activity& earlier);

}  // namespace npu::togsim
