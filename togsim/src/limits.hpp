// Sizes of the queues: look-ahead that the machine description does not name.
#pragma once

#include <cstddef>

namespace npu::togsim {

// Entries of each of the front's three queues. A look-ahead must span one tile of a loop nest, so
// that the loads of the next tile start while this one computes: a 128 KB/lane scratchpad holds
// 256 fp32 weight tiles of an array (128 KB * L / (L * L * 4 B) = 256 at L = 128), and each costs a
// preload and a matmul, so 512 entries. The front decodes rolled loops, so a deep queue stands for
// a loop sequencer in front of a short one.
constexpr std::size_t kQueueDepth = 512;

// Entries in front of each port of an array and of the vector unit: the length of the execute
// queue in Gemmini's default configuration (ex_queue_length = 8).
constexpr std::size_t kUnitQueueDepth = 8;

}  // namespace npu::togsim
