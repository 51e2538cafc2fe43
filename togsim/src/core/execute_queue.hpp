// The execute queue of a core: array operations, tile functions and waits, dispatched in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/arrays.hpp"
#include "core/instruction.hpp"
#include "limits.hpp"
#include "stats.hpp"
#include "core/vector_unit.hpp"

namespace npu::togsim {

class ExecuteQueue {
 public:
  // For a core of `arrays` arrays. An instruction's place is the number of its array, `arrays` for
  // the vector unit, and `arrays` + 1 for a wait, which has no unit.
  explicit ExecuteQueue(std::size_t arrays) : queued_(arrays + 2) {}

  [[nodiscard]] bool full() const { return queue_.size() == kQueueDepth; }
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] InstructionId head() const { return queue_.front().id; }
  void push(InstructionId id, std::size_t place) {
    queue_.push_back({id, place});
    ++queued_[place];
  }

  // Begins a cycle, in which dispatch() is called one or several times.
  void begin_cycle() { dispatched_ = false; }

  // Hands the head to its unit if that has room; a wait goes when its transfer is complete.
  // Returns the instruction that has gone, at most one a call.
  std::optional<InstructionId> dispatch(const Window& window, Arrays& arrays, VectorUnit& vector);

  // What holds the head, seen after this cycle's dispatch.
  [[nodiscard]] ExecuteState state(const Window& window) const;

  // What stands ahead of the instructions of the unit at `place`, when the queue is in `state`.
  [[nodiscard]] Behind behind(std::size_t place, ExecuteState state) const;

 private:
  [[nodiscard]] static bool can_go(const Instruction& instruction, const Window& window,
                                   const Arrays& arrays, const VectorUnit& vector);

  struct Entry {
    InstructionId id = 0;
    std::size_t place = 0;
  };

  [[nodiscard]] static ExecuteState waiting_for(const Instruction& transfer);

  std::deque<Entry> queue_;
  std::vector<std::int64_t> queued_;  // entries for each place
  bool dispatched_ = false;  // in this cycle
};

}  // namespace npu::togsim
