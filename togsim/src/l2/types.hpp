// What goes in and out of an L2 slice, and what it counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "../units.hpp"

namespace npu::togsim::l2 {

enum class Outcome {
  Hit,          // the data is there
  HitReserved,  // it is on its way
  Miss,         // there is no line for it
  SectorMiss,   // there is a line, without this sector
  Stall,        // nothing changed; to be offered again
  Bypass,       // none of the slice's business: it goes to the DRAM past the tags
};

enum class Stall { Port, Line, MshrEntry, MshrMerge, MissQueue };
constexpr std::size_t kStalls = 5;

enum class Purpose {
  Fetch,      // a read; its response is a `fill` of the slice
  WriteBack,  // a write that nobody waits for
  Write,      // a write whose acknowledgement answers access `id`
  Read,       // a read past the tags whose data answers access `id`
};

// One request to the DRAM; it leaves the slice at network cycle `leaves`.
struct DramRequest {
  std::uint64_t block;
  Purpose purpose;
  std::uint64_t id;  // only of Write and Read
  IcntCycle leaves;
};

struct AccessStats {
  std::int64_t hits = 0;
  std::int64_t hits_reserved = 0;
  std::int64_t misses = 0;
  std::int64_t sector_misses = 0;
  std::int64_t bypassed = 0;
};

struct SliceStats {
  AccessStats reads;
  AccessStats writes;
  std::array<std::int64_t, kStalls> stall_cycles{};  // of the first access in line, by reason
  std::int64_t evictions = 0;        // lines
  std::int64_t write_backs = 0;      // blocks
  std::int64_t writes_through = 0;   // blocks
  std::int64_t fetches = 0;          // blocks
  std::int64_t fills = 0;            // sectors
  std::int64_t dropped_sectors = 0;  // by a write that passed them by, or by a release
  std::int64_t dirty_blocks = 0;     // that the DRAM does not have yet
};

}  // namespace npu::togsim::l2
