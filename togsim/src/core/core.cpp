#include "core/core.hpp"

#include <algorithm>
#include <utility>

#include "error.hpp"
#include "limits.hpp"

namespace npu::togsim {

Core::Work::Work(LaunchContext context)
    : launch(std::move(context)),
      walker(*launch.kernel, launch.share.first, launch.share.stride),
      hazards(launch.kernel->buffers), tokens(launch.kernel->num_tokens) {}

Core::Core(std::size_t index, const MachineSpec& machine, Memory& memory)
    : index_(index), issue_width_(machine.core_issue_width),
      period_(machine.core_stats_print_period_cycles),
      limits_{machine.vpu_num_lanes, machine.dram_req_size_byte}, memory_(&memory),
      execute_(static_cast<std::size_t>(machine.num_systolic_array_per_core)), arrays_(machine),
      dma_(index, machine), memory_waits_(machine) {
  stats_.arrays.resize(static_cast<std::size_t>(machine.num_systolic_array_per_core));
}

void Core::begin(LaunchContext launch, CoreCycle now) {
  account(now);
  work_.emplace(std::move(launch));
  arrays_.begin_launch();
  begin_share(now);
}

void Core::retire(CoreCycle now) {
  account(now);
  while (const auto passing = agenda_.take(now)) pass(passing->id, passing->phase, now);
}

void Core::pass(InstructionId id, Phase phase, CoreCycle now) {
  const Instruction& instruction = window_[id];
  switch (instruction.op) {
    case Opcode::Preload:
    case Opcode::Matmul: arrays_.pass(instruction, phase, stats_.arrays); break;
    case Opcode::Vector: vector_.pass(phase); break;
    case Opcode::Load:
    case Opcode::Store:
      if (phase != Phase::Complete) break;
      dma_.complete();
      memory_waits_.complete(id, instruction.sent, stats_.memory_wait);
      break;
    default: break;
  }
  window_.pass(id, phase);
  if (phase == Phase::ReadsDone) work_->hazards.leave_reads(window_, id);
  if (phase != Phase::Complete) return;
  work_->hazards.leave_writes(window_, id);
  record(instruction, now);
  window_.retire(id);
}

std::optional<std::size_t> Core::end_if_drained(CoreCycle now) {
  if (!work_ || work_->walker.peek() != nullptr || window_.in_flight() != 0) return std::nullopt;
  const std::size_t launch = work_->launch.index;
  end_share(now);
  work_.reset();
  return launch;
}

std::optional<CoreCycle> Core::act(CoreCycle now) {
  bool moved = dispatch(now);
  moved = arrays_.start(now, window_, agenda_, stats_) || moved;
  moved = vector_.start(now, window_, agenda_) || moved;
  moved = dma_.inject(now, window_, agenda_, *memory_, stats_) || moved;
  set_unit_states();
  moved = decode(now) || moved;
  set_front_state();
  if (moved) return now + CoreCycle{1};
  return agenda_.next();
}

CoreCycle Core::deliver(const CompletedTransfer& transfer) {
  if (!transfer.empty) memory_waits_.know(transfer.instruction, transfer.last);
  return dma_.deliver(transfer, accounted_, window_, agenda_, *memory_);
}

// Dispatches up to the issue width; the first that cannot go ends the cycle's dispatch.
bool Core::dispatch(CoreCycle now) {
  execute_.begin_cycle();
  bool any = false;
  for (std::int64_t i = 0; i < issue_width_ && dispatch_next(now); ++i) any = true;
  return any;
}

bool Core::dispatch_next(CoreCycle now) {
  const auto id = execute_.dispatch(window_, arrays_, vector_);
  if (!id) return false;
  window_[*id].dispatched = now;
  if (window_[*id].op == Opcode::Wait) {
    window_[*id].started = now;
    record(window_[*id], now + CoreCycle{1});
    window_.pass(*id, Phase::Complete);
    window_.retire(*id);
  }
  return true;
}

// Decodes up to the issue width; the first operation whose queue is full ends the cycle's decode.
bool Core::decode(CoreCycle now) {
  decoded_ = false;
  for (std::int64_t i = 0; i < issue_width_ && decode_next(now); ++i) decoded_ = true;
  return decoded_;
}

// Decodes one operation into its queue, unless that is full.
bool Core::decode_next(CoreCycle now) {
  const Node* node = work_ ? work_->walker.peek() : nullptr;
  if (node == nullptr || queue_full(node->op)) return false;
  if (skip_if_empty(*node)) return true;
  const InstructionId id = window_.add();
  Instruction& instruction = window_[id];
  instruction.node = work_->walker.position();
  instruction.decoded = now;
  npu::togsim::decode(*node, work_->walker.ivs(), work_->launch, limits_, instruction);
  const bool for_array = node->op == Opcode::Preload || node->op == Opcode::Matmul;
  if (for_array && !arrays_.assign(instruction)) {
    throw Error("kernel '" + work_->launch.kernel->name + "': a matmul comes before any preload");
  }
  if (node->op == Opcode::Preload) work_->weights = {instruction.rows, instruction.cols};
  if (node->op == Opcode::Matmul) check_matmul(instruction, work_->weights, *work_->launch.kernel);
  resolve_tokens(*node, id);
  work_->hazards.enter(window_, id);
  enqueue(id);
  count(*node, instruction);
  work_->walker.advance();
  return true;
}

// An array operation with nothing to do takes its cycle in the front and goes no further: it has no
// array, no weight slot, and no place in the counts.
bool Core::skip_if_empty(const Node& node) {
  const bool is_nothing = is_empty(node, work_->walker.ivs());
  if (node.op == Opcode::Preload) work_->weights_are_empty = is_nothing;
  if (is_nothing) work_->walker.advance();
  if (!is_nothing && node.op == Opcode::Matmul && work_->weights_are_empty) {
    throw Error("kernel '" + work_->launch.kernel->name +
                "': a matmul that is not empty uses weights that are");
  }
  return is_nothing;
}

bool Core::queue_full(Opcode op) const {
  if (op == Opcode::Load || op == Opcode::Store) return dma_.full(op);
  return execute_.full();
}

void Core::enqueue(InstructionId id) {
  const Opcode op = window_[id].op;
  if (op == Opcode::Load || op == Opcode::Store) return dma_.push(op, id);
  execute_.push(id, place_of(window_[id]));
}

// Where an instruction goes from the execute queue.
std::size_t Core::place_of(const Instruction& instruction) const {
  if (instruction.op == Opcode::Wait) return vector_place() + 1;
  return instruction.op == Opcode::Vector ? vector_place() : arrays_.array_of(instruction);
}

// A transfer becomes its token's latest; what waits refers to the latest in program order.
void Core::resolve_tokens(const Node& node, InstructionId id) {
  Instruction& instruction = window_[id];
  if (node.op == Opcode::Load || node.op == Opcode::Store) {
    for (const std::size_t token : node.after) {
      const Transfer& transfer = awaited(token, "a transfer that waits");
      if (window_.completed(transfer.id, transfer.number)) continue;
      window_.depend(id, Need::Transfer, transfer.id, Phase::Complete);
    }
    if (node.op == Opcode::Store && is_indexed(node)) follow_scatter(id);
    work_->tokens[node.token] = {true, id, instruction.number};
  } else if (node.op == Opcode::Wait) {
    const Transfer& transfer = awaited(node.token, "a wait");
    instruction.awaited = transfer.id;
    instruction.awaited_number = transfer.number;
  }
}

// Scatters may write one place several times: each starts when the one before is complete.
void Core::follow_scatter(InstructionId id) {
  Transfer& last = work_->scatter;
  if (last.issued && !window_.completed(last.id, last.number)) {
    window_.depend(id, Need::Transfer, last.id, Phase::Complete);
  }
  last = {true, id, window_[id].number};
}

// The latest transfer of a token, on which `what` waits.
const Core::Transfer& Core::awaited(std::size_t token, const char* what) const {
  const Transfer& transfer = work_->tokens[token];
  if (!transfer.issued) {
    throw Error("kernel '" + work_->launch.kernel->name + "': " + what +
                " comes before any transfer of its token");
  }
  return transfer;
}

}  // namespace npu::togsim
