// What a core's units have started and when each of it passes its phases.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "error.hpp"
#include "core/instruction.hpp"
#include "units.hpp"

namespace npu::togsim {

struct Passing {
  CoreCycle cycle;
  std::uint64_t number = 0;  // of the instruction, in program order
  InstructionId id = 0;
  Phase phase = Phase::Started;
};

// Ordered by (cycle, instruction, phase), whenever the entries were made: a response's time may be
// known early or late.
class Agenda {
 public:
  // Throws Error when `cycle` is not after `now`: every phase takes at least one cycle, so that
  // whatever a cycle starts sees all that ended by that cycle.
  void add(CoreCycle now, CoreCycle cycle, std::uint64_t number, InstructionId id, Phase phase) {
    if (cycle <= now) throw Error("a phase was scheduled into the past");
    heap_.push({cycle, number, id, phase});
  }

  [[nodiscard]] std::optional<CoreCycle> next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.top().cycle;
  }

  // Removes and returns the first entry due at `now`, if any.
  std::optional<Passing> take(CoreCycle now) {
    if (heap_.empty() || heap_.top().cycle > now) return std::nullopt;
    const Passing passing = heap_.top();
    heap_.pop();
    return passing;
  }

 private:
  struct Later {
    bool operator()(const Passing& a, const Passing& b) const {
      return std::tie(a.cycle, a.number, a.phase) > std::tie(b.cycle, b.number, b.phase);
    }
  };

  std::priority_queue<Passing, std::vector<Passing>, Later> heap_;
};

}  // namespace npu::togsim
