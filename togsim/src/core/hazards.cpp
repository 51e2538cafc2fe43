#include "core/hazards.hpp"

#include <algorithm>
#include <ranges>
#include <string>

#include "error.hpp"

namespace npu::togsim {
namespace {

constexpr std::size_t kMaxAliases = std::size_t{1} << 20;

bool overlap(const Rectangle& a, const Rectangle& b) {
  for (std::size_t d = 0; d < a.rank; ++d) {
    if (a.lo[d] >= b.hi[d] || b.lo[d] >= a.hi[d]) return false;
  }
  return true;
}

bool equal(const Rectangle& a, const Rectangle& b) { return a.lo == b.lo && a.hi == b.hi; }

bool contains(const Rectangle& outer, const Rectangle& inner) {
  for (std::size_t d = 0; d < outer.rank; ++d) {
    if (inner.lo[d] < outer.lo[d] || inner.hi[d] > outer.hi[d]) return false;
  }
  return true;
}

// A matmul waits for its accumulator rows when the conflict is on what it writes.
Need need_of(const Instruction& instruction, const Rectangle& mine) {
  return instruction.op == Opcode::Matmul && mine.write ? Need::Accumulator : Need::Data;
}

// Two matmuls that accumulate into the very same rows: results leave in push order.
bool chained(const Instruction& mine, const Rectangle& a, const Instruction& other,
             const Rectangle& b) {
  return mine.op == Opcode::Matmul && other.op == Opcode::Matmul && a.write && equal(a, b);
}

std::int64_t slot_begin(const BufferSpec& buffer, std::int64_t slot) {
  std::int64_t bytes = buffer.element_bytes;
  for (const std::int64_t extent : buffer.shape) bytes *= extent;
  return buffer.offset + slot * bytes;
}

}  // namespace

Hazards::Hazards(const std::vector<BufferSpec>& buffers) {
  for (const BufferSpec& buffer : buffers) {
    first_slot_.push_back(slots_.size());
    slots_.resize(slots_.size() + static_cast<std::size_t>(buffer.slots));
  }
  find_aliases(buffers);
}

// Buffers whose lives do not meet may lie on the same bytes. Every slot pair is compared once, as
// sorted intervals, so that many slots cost little. Throws Error for more pairs than kMaxAliases.
void Hazards::find_aliases(const std::vector<BufferSpec>& buffers) {
  struct Interval {
    std::int64_t begin;
    std::int64_t end;
    std::size_t slot;
    std::size_t buffer;
  };
  std::vector<Interval> intervals;
  for (std::size_t b = 0; b < buffers.size(); ++b) {
    for (std::int64_t s = 0; s < buffers[b].slots; ++s) {
      intervals.push_back({slot_begin(buffers[b], s), slot_begin(buffers[b], s + 1),
                           first_slot_[b] + static_cast<std::size_t>(s), b});
    }
  }
  std::ranges::sort(intervals, {}, [](const Interval& i) { return std::pair(i.begin, i.slot); });
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    for (std::size_t j = i + 1; j < intervals.size(); ++j) {
      if (intervals[j].begin >= intervals[i].end) break;
      if (intervals[j].buffer == intervals[i].buffer) continue;
      if (++pairs > kMaxAliases) {
        throw Error("more than " + std::to_string(kMaxAliases) +
                    " pairs of slots share bytes of the scratchpad; expected fewer slots");
      }
      slots_[intervals[i].slot].aliases.push_back(intervals[j].slot);
      slots_[intervals[j].slot].aliases.push_back(intervals[i].slot);
    }
  }
}

std::size_t Hazards::index(const Rectangle& rectangle) const {
  return first_slot_[rectangle.buffer] + rectangle.slot;
}

void Hazards::enter(Window& window, InstructionId id) {
  for (const Rectangle& mine : window[id].rectangles) {
    const Slot& slot = slots_[index(mine)];
    depend_on_writers(window, id, mine, slot.writers);
    if (mine.write) depend_on_readers(window, id, mine, slot.readers);
    // Across buffers that share bytes every access conflicts: two shapes do not compare.
    for (const std::size_t alias : slot.aliases) {
      const Need need = need_of(window[id], mine);
      depend_on_all(window, id, need, slots_[alias].writers);
      if (mine.write) depend_on_all(window, id, need, slots_[alias].readers);
    }
  }
  for (const Rectangle& mine : window[id].rectangles) {
    Slot& slot = slots_[index(mine)];
    (mine.write ? slot.writers : slot.readers).entries.push_back({id, true, mine});
  }
}

void Hazards::depend_on_readers(Window& window, InstructionId id, const Rectangle& mine,
                                const Lane& readers) {
  const Need need = need_of(window[id], mine);
  for (const Active& active : readers.entries) {
    if (!active.live || !overlap(mine, active.rectangle)) continue;
    window.depend(id, need, active.id, Phase::ReadsDone);
  }
}

// From the newest to the oldest. A writer that covers all of `mine` ends the search: whatever is
// older and conflicts with `mine` conflicted with that writer too, and the writer waited for it.
// (Not a matmul that we wait to complete: its start does not wait for a chained one's completion.)
void Hazards::depend_on_writers(Window& window, InstructionId id, const Rectangle& mine,
                                const Lane& writers) {
  const Instruction& instruction = window[id];
  const Need need = need_of(instruction, mine);
  for (const Active& active : std::views::reverse(writers.entries)) {
    const Rectangle& theirs = active.rectangle;
    if (!active.live || !overlap(mine, theirs)) continue;
    const Instruction& other = window[active.id];
    if (chained(instruction, mine, other, theirs)) {
      window.depend(id, need, active.id, Phase::Started);
      return;
    }
    window.depend(id, need, active.id, Phase::Complete);
    if (other.op != Opcode::Matmul && contains(theirs, mine)) return;
  }
}

void Hazards::depend_on_all(Window& window, InstructionId id, Need need, const Lane& lane) {
  for (const Active& active : lane.entries) {
    if (!active.live) continue;
    window.depend(id, need, active.id,
                  active.rectangle.write ? Phase::Complete : Phase::ReadsDone);
  }
}

void Hazards::leave(const Window& window, InstructionId id, bool write) {
  for (const Rectangle& mine : window[id].rectangles) {
    if (mine.write != write) continue;
    Slot& slot = slots_[index(mine)];
    Lane& lane = write ? slot.writers : slot.readers;
    const auto mine_in_lane = std::ranges::find_if(
        lane.entries, [id](const Active& active) { return active.live && active.id == id; });
    mine_in_lane->live = false;
    ++lane.dead;
    compact(lane);
  }
}

void Hazards::compact(Lane& lane) {
  constexpr std::size_t kTolerated = 16;
  if (lane.dead < kTolerated || lane.dead * 2 < lane.entries.size()) return;
  std::erase_if(lane.entries, [](const Active& active) { return !active.live; });
  lane.dead = 0;
}

}  // namespace npu::togsim
