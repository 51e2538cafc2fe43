// Transfers that take the indices of one dimension from the scratchpad: gathers and scatters.
#pragma once

#include "dma.h"

namespace npu {

// What is wrong with the fields of an indexed transfer; null if nothing is.
const char* wrong_index_field(const DmaDescriptor& descriptor);

// Runs an indexed transfer with valid fields that moves something. All indices are checked before
// anything is moved; elements are moved in order.
DmaResult run_indexed(const DmaDescriptor& descriptor, DmaDirection direction, DmaMemory& memory);

}  // namespace npu
