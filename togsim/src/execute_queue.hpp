// The execute queue of a core: array operations, tile functions and waits, dispatched in order.
#pragma once

#include <deque>
#include <optional>

#include "arrays.hpp"
#include "instruction.hpp"
#include "limits.hpp"
#include "stats.hpp"
#include "vector_unit.hpp"

namespace npu::togsim {

class ExecuteQueue {
 public:
  [[nodiscard]] bool full() const { return queue_.size() == kQueueDepth; }
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] InstructionId head() const { return queue_.front(); }
  void push(InstructionId id) { queue_.push_back(id); }

  // Hands the head to its unit if that has room; a wait goes when its transfer is complete.
  // Returns the instruction that has gone, at most one a call.
  std::optional<InstructionId> dispatch(const Window& window, Arrays& arrays, VectorUnit& vector);

  // What holds the head, seen after this cycle's dispatch.
  [[nodiscard]] ExecuteState state(const Window& window) const;

 private:
  [[nodiscard]] static bool can_go(const Instruction& instruction, const Window& window,
                                   const Arrays& arrays, const VectorUnit& vector);

  std::deque<InstructionId> queue_;
  bool dispatched_ = false;  // in this cycle
};

}  // namespace npu::togsim
