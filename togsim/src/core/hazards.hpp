// The interlocks: instructions that touch overlapping scratchpad rectangles, one of them writing,
// keep their program order.
#pragma once

#include <cstddef>
#include <vector>

#include "graph.hpp"
#include "core/instruction.hpp"

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

  // Rectangles in flight in program order; the dead wait for compaction.
  struct Lane {
    std::vector<Active> entries;
    std::size_t dead = 0;
  };

  // What is in flight on one slot. Readers are kept apart: only writers look at them.
  struct Slot {
    Lane readers;
    Lane writers;
    std::vector<std::size_t> aliases;  // slots of other buffers that share bytes with this one
  };

  [[nodiscard]] std::size_t index(const Rectangle& rectangle) const;
  void find_aliases(const std::vector<BufferSpec>& buffers);
  static void depend_on_readers(Window& window, InstructionId id, const Rectangle& mine,
                                const Lane& readers);
  static void depend_on_writers(Window& window, InstructionId id, const Rectangle& mine,
                                const Lane& writers);
  static void depend_on_all(Window& window, InstructionId id, Need need, const Lane& lane);
  void leave(const Window& window, InstructionId id, bool write);
  static void compact(Lane& lane);

  std::vector<std::size_t> first_slot_;  // of each buffer, in slots_
  std::vector<Slot> slots_;
};

}  // namespace npu::togsim
