#include "core/execute_queue.hpp"

namespace npu::togsim {

std::optional<InstructionId> ExecuteQueue::dispatch(const Window& window, Arrays& arrays,
                                                    VectorUnit& vector) {
  if (queue_.empty()) return std::nullopt;
  const auto [id, place] = queue_.front();
  const Instruction& instruction = window[id];
  if (!can_go(instruction, window, arrays, vector)) return std::nullopt;
  queue_.pop_front();
  --queued_[place];
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
  const Instruction& next = window[head()];
  if (next.op == Opcode::Wait) return waiting_for(window[next.awaited]);
  return next.op == Opcode::Vector ? ExecuteState::WaitingVector : ExecuteState::WaitingArray;
}

ExecuteState ExecuteQueue::waiting_for(const Instruction& transfer) {
  switch (transfer.stage) {
    case TransferStage::Queued: return ExecuteState::WaitingTokenQueued;
    case TransferStage::Injecting: return ExecuteState::WaitingTokenInjecting;
    default: return ExecuteState::WaitingTokenMemory;
  }
}

Behind ExecuteQueue::behind(std::size_t place, ExecuteState state) const {
  if (queued_[place] == 0) return Behind::Nothing;
  const bool wait = state == ExecuteState::WaitingTokenQueued ||
                    state == ExecuteState::WaitingTokenInjecting ||
                    state == ExecuteState::WaitingTokenMemory;
  return wait ? Behind::Wait : Behind::Others;
}

}  // namespace npu::togsim
