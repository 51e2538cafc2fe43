// What one L2 slice is: its geometry, its policies, its limits. Python reads the configuration
// string, checks it, and fills this in (configs/l2d/__init__.py); docs/l2.md has the rules of each policy.
#pragma once

#include <cstdint>

namespace npu::togsim::l2 {

enum class Eviction { Lru, Fifo };
enum class WritePolicy { ReadOnly, Back, Through, Evict, LocalBackGlobalThrough };
enum class Allocation { OnMiss, OnFill };
enum class WriteAllocate { None, Naive, FetchOnWrite, LazyFetchOnRead };
enum class SetIndex { Linear, Xor, Polynomial };

// A block is what one DRAM request moves; a sector is what becomes valid or dirty as a whole.
struct Spec {
  std::int64_t sets = 1;
  std::int64_t ways = 1;
  std::int64_t line_blocks = 1;    // a power of two, at most 64
  std::int64_t sector_blocks = 1;  // a power of two that divides line_blocks
  std::int64_t block_bytes = 32;
  Eviction eviction = Eviction::Lru;
  WritePolicy write = WritePolicy::Back;
  Allocation allocation = Allocation::OnMiss;
  WriteAllocate write_allocate = WriteAllocate::None;
  SetIndex index = SetIndex::Linear;
  std::int64_t mshr_entries = 1;   // sectors that may be on their way from the DRAM
  std::int64_t mshr_merges = 1;    // accesses that may wait for one of them
  std::int64_t miss_queue = 1;     // requests that wait for their turn to the DRAM
  std::int64_t port_bytes = 32;    // what the data array reads or writes in a network cycle
  bool planned = false;            // only ranges that were activated are cached
};

}  // namespace npu::togsim::l2
