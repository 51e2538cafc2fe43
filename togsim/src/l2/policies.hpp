// The policies as tables: what a write does, so that the state machine has no case for a letter.
#pragma once

#include "spec.hpp"

namespace npu::togsim::l2 {

// A write to a sector that is there, or on its way.
struct WriteRule {
  bool passes_by;  // the slice takes no part in the write
  bool to_dram;    // the data goes to the DRAM now; else the sector becomes dirty
  bool keeps;      // the sector stays
};

constexpr WriteRule rule_of(WritePolicy policy) {
  switch (policy) {
    case WritePolicy::ReadOnly: return {.passes_by = true, .to_dram = true, .keeps = false};
    case WritePolicy::Back: return {.passes_by = false, .to_dram = false, .keeps = true};
    case WritePolicy::Evict: return {.passes_by = false, .to_dram = true, .keeps = false};
    // DRAM is memory that all cores share, so every access of the slice is a global one.
    case WritePolicy::LocalBackGlobalThrough:
    case WritePolicy::Through: break;
  }
  return {.passes_by = false, .to_dram = true, .keeps = true};
}

// A write to a sector that is neither.
struct WriteMissRule {
  bool to_dram;        // the data goes to the DRAM, whatever the write policy
  bool installs;       // a line takes the data
  bool fetches;        // the sector is read from the DRAM ...
  bool only_partial;   // ... unless the write covers it
};

constexpr WriteMissRule rule_of(WriteAllocate policy) {
  switch (policy) {
    case WriteAllocate::Naive:
      return {.to_dram = true, .installs = false, .fetches = true, .only_partial = false};
    case WriteAllocate::FetchOnWrite:
      return {.to_dram = false, .installs = true, .fetches = true, .only_partial = true};
    case WriteAllocate::LazyFetchOnRead:
      return {.to_dram = false, .installs = true, .fetches = false, .only_partial = false};
    case WriteAllocate::None: break;
  }
  return {.to_dram = true, .installs = false, .fetches = false, .only_partial = false};
}

}  // namespace npu::togsim::l2
