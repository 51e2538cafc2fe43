// The interlocks: instructions that touch overlapping scratchpad rectangles, one of them writing,
// keep their program order.
#pragma once

#include <cstddef>
#include <vector>

#include "graph.hpp"
#include "instruction.hpp"

namespace npu::togsim {

class Hazards {
 public:
  // For the buffers of one kernel.
  explicit Hazards(const std::vector<BufferSpec>& buffers);

  // Makes `id` depend on every older instruction it conflicts with, then remembers its rectangles.
  void enter(Window& window, InstructionId id);

  // Forgets the rectangles of `id` that it reads, or writes, at the end of that phase.
  void leave_reads(const Window& window, InstructionId id) { leave(window, id, false); }
  void leave_writes(const Window& window, InstructionId id) { leave(window, id, true); }

 private:
  struct Active {
    InstructionId id = 0;
    bool live = true;
    Rectangle rectangle;
  };

  // The rectangles in flight on one slot, in program order; the dead wait for compaction.
  struct SlotList {
    std::vector<Active> entries;
    std::size_t dead = 0;
    std::vector<std::size_t> aliases;  // slots of other buffers that share bytes with this one
  };

  [[nodiscard]] std::size_t index(const Rectangle& rectangle) const;
  void find_aliases(const std::vector<BufferSpec>& buffers);
  void depend_on_slot(Window& window, InstructionId id, const Rectangle& mine);
  void depend_on_aliases(Window& window, InstructionId id, const Rectangle& mine);
  void leave(const Window& window, InstructionId id, bool write);
  static void compact(SlotList& list);

  std::vector<std::size_t> first_slot_;  // of each buffer, in slots_
  std::vector<SlotList> slots_;
};

}  // namespace npu::togsim
