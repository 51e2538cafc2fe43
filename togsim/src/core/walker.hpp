// Walks a kernel's rolled code for one core: the next operation and the induction variables there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph.hpp"

namespace npu::togsim {

// Memory is one position and one number per loop, whatever the trip counts. Loops and work items
// without operations take no step, whatever their trip counts: see find_empty_loops().
class Walker {
 public:
  // Walks work items first, first + stride, ... of `kernel`, which must outlive the walker. The
  // code that items share comes once, ahead of the first; without an item nothing is walked.
  Walker(const KernelSpec& kernel, std::int64_t first, std::int64_t stride);

  // The operation to decode next (never a loop), or null at the end.
  [[nodiscard]] const Node* peek() const { return at_end_ ? nullptr : &kernel_->code[pc_]; }
  [[nodiscard]] std::span<const std::int64_t> ivs() const { return ivs_; }
  [[nodiscard]] std::size_t position() const { return pc_; }

  // Goes past the current operation.
  void advance();

 private:
  void enter_item(std::size_t start);
  void next_item();
  void settle();
  void begin_loop(const LoopSpec& loop);
  void end_iteration(const LoopSpec& loop);

  const KernelSpec* kernel_;
  std::vector<std::int64_t> ivs_;
  std::size_t pc_ = 0;
  std::int64_t item_;
  std::int64_t stride_;
  std::int64_t items_;
  bool at_end_ = false;
};

}  // namespace npu::togsim
