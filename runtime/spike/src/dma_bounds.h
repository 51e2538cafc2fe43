// Transfers that lie partly outside of their tensor: what of them is inside, and what is not.
#pragma once

#include <array>
#include <cstddef>

#include "isa_generated.h"

namespace npu {

// A transfer cut into boxes that do not overlap: one inside, and up to two outside for each
// dimension. Any of them may be empty; the addresses of an empty one mean nothing.
struct DmaParts {
    DmaDescriptor inside;
    std::array<DmaDescriptor, 2 * dma_max_dims> outside;
    std::size_t outside_count = 0;
};

// The parts of a transfer with valid fields; without bounds all of it is inside.
DmaParts split_by_bounds(const DmaDescriptor& descriptor);

}  // namespace npu
