#include "execute_queue.hpp"

namespace npu::togsim {

std::optional<InstructionId> ExecuteQueue::dispatch(const Window& window, Arrays& arrays,
                                                    VectorUnit& vector) {
  dispatched_ = false;
  if (queue_.empty()) return std::nullopt;
  const InstructionId id = queue_.front();
  const Instruction& instruction = window[id];
  if (!can_go(instruction, window, arrays, vector)) return std::nullopt;
  queue_.pop_front();
  dispatched_ = true;
  if (instruction.op == Opcode::Vector) vector.dispatch(id);
  if (instruction.op == Opcode::Preload || instruction.op == Opcode::Matmul) {
    arrays.dispatch(instruction, id);
  }
  return id;
}

bool ExecuteQueue::can_go(const Instruction& instruction, const Window& window,
                          const Arrays& arrays, const VectorUnit& vector) {
  switch (instruction.op) {
    case Opcode::Wait: return window.completed(instruction.awaited, instruction.awaited_number);
    case Opcode::Vector: return vector.accepts();
    default: return arrays.accepts(instruction);
  }
}

ExecuteState ExecuteQueue::state(const Window& window) const {
  if (dispatched_) return ExecuteState::Active;
  if (queue_.empty()) return ExecuteState::Idle;
  const bool wait = window[queue_.front()].op == Opcode::Wait;
  return wait ? ExecuteState::WaitingToken : ExecuteState::WaitingUnit;
}

}  // namespace npu::togsim
