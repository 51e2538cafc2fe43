#include "core/instruction.hpp"

namespace npu::togsim {

InstructionId Window::add() {
  if (free_.empty()) {
    free_.push_back(static_cast<InstructionId>(slots_.size()));
    slots_.emplace_back();
  }
  const InstructionId id = free_.back();
  free_.pop_back();
  Instruction& instruction = slots_[id];
  instruction.number = next_number_++;
  instruction.stage = TransferStage::Queued;
  instruction.pending = {};
  instruction.passed = {};
  instruction.injected = 0;
  instruction.rectangles.clear();
  return id;
}

void Window::retire(InstructionId id) {
  free_.push_back(id);
}

void Window::pass(InstructionId id, Phase phase) {
  const auto index = static_cast<std::size_t>(phase);
  Instruction& instruction = slots_[id];
  instruction.passed[index] = true;
  for (const Dependent& dependent : instruction.dependents[index]) {
    --slots_[dependent.id].pending[static_cast<std::size_t>(dependent.need)];
  }
  instruction.dependents[index].clear();
}

bool Window::completed(InstructionId id, std::uint64_t number) const {
  const Instruction& instruction = slots_[id];
  return instruction.number != number ||
         instruction.passed[static_cast<std::size_t>(Phase::Complete)];
}

void Window::depend(InstructionId id, Need need, InstructionId other, Phase phase) {
  const auto index = static_cast<std::size_t>(phase);
  if (slots_[other].passed[index]) return;
  const Opcode op = slots_[other].op;
  if (op == Opcode::Load || op == Opcode::Store) need = Need::Transfer;
  slots_[other].dependents[index].push_back({id, need});
  ++slots_[id].pending[static_cast<std::size_t>(need)];
}

}  // namespace npu::togsim
