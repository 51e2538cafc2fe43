// The part of Core that keeps the books: unit states, cycles, samples, traces, descriptions.
#include <algorithm>
#include <type_traits>

#include "core/core.hpp"
#include "periods.hpp"

namespace npu::togsim {

// Before this cycle's decode: what it brings can act, and wait, from the next cycle on.
void Core::set_unit_states() {
  const ExecuteState execute = execute_.state(window_);
  stats_.execute.set(execute);
  for (std::size_t i = 0; i < stats_.arrays.size(); ++i) {
    stats_.arrays[i].cycles.set(arrays_.state(i, window_, execute_.behind(i, execute)));
  }
  stats_.vector.set(vector_.state(window_, execute_.behind(vector_place(), execute)));
  stats_.dma.set(dma_.state());
}

void Core::set_front_state() {
  const bool more = work_ && work_->walker.peek() != nullptr;
  stats_.front.set(decoded_ ? FrontState::Active
                            : more ? FrontState::WaitingQueue : FrontState::Idle);
}

void Core::account(CoreCycle now) {
  if (period_ != 0) static_cast<void>(period_of(now.n, period_, "core_stats_print_period_cycles"));
  while (period_ != 0 && accounted_ < now) {
    const std::int64_t boundary = (accounted_.n / period_ + 1) * period_;
    if (boundary > now.n) break;
    add_cycles(boundary - accounted_.n);
    accounted_ = {boundary};
    sample();
  }
  add_cycles(now.n - accounted_.n);
  accounted_ = now;
}

void Core::add_cycles(std::int64_t cycles) {
  stats_.front.account(cycles);
  stats_.execute.account(cycles);
  stats_.vector.account(cycles);
  stats_.dma.account(cycles);
  for (ArrayStats& array : stats_.arrays) array.cycles.account(cycles);
  if (stats_.dma.state() == DmaState::WaitingMemory) {
    memory_waits_.wait(accounted_, accounted_ + CoreCycle{cycles});
  }
  if (trace_ != nullptr && cycles > 0) trace_states(cycles);
}

// The same cycles and states for the trace: its spans add up to the counts.
void Core::trace_states(std::int64_t cycles) {
  const auto trace = [&](std::size_t unit, const auto& counts) {
    using State = std::remove_cvref_t<decltype(counts.state())>;
    trace_->in_state({.core = static_cast<std::int64_t>(index_),
                      .unit = static_cast<std::int64_t>(unit),
                      .state = static_cast<std::int64_t>(counts.state()),
                      .begin = accounted_.n,
                      .end = accounted_.n + cycles},
                     counts.state() == State::Idle);
  };
  trace(static_cast<std::size_t>(TraceUnit::Front), stats_.front);
  trace(static_cast<std::size_t>(TraceUnit::Execute), stats_.execute);
  trace(static_cast<std::size_t>(TraceUnit::Vector), stats_.vector);
  trace(static_cast<std::size_t>(TraceUnit::Dma), stats_.dma);
  const auto first = static_cast<std::size_t>(TraceUnit::FirstArray);
  for (std::size_t i = 0; i < stats_.arrays.size(); ++i) trace(first + i, stats_.arrays[i].cycles);
}

void Core::sample() {
  CoreSample sample;
  sample.cycle = accounted_.n;
  for (const ArrayStats& array : stats_.arrays) {
    sample.array_active.push_back(array.cycles[ArrayState::Active]);
  }
  sample.vector_active = stats_.vector[VectorState::Active];
  sample.dma_active = stats_.dma[DmaState::Active];
  stats_.samples.push_back(std::move(sample));
}

void Core::begin_share(CoreCycle now) {
  stats_.shares.push_back({static_cast<std::int64_t>(work_->launch.index), now.n, now.n, {}});
  begun_with_ = activity_of(stats_);
}

// A core works on one launch at a time, so all that it counts meanwhile is that launch's.
void Core::end_share(CoreCycle now) {
  account(now);
  stats_.shares.back().end = now.n;
  stats_.shares.back().activity = difference(activity_of(stats_), begun_with_);
}

void Core::count(const Node& node, const Instruction& instruction) {
  InstructionCounts& counts = stats_.counts;
  switch (node.op) {
    case Opcode::Load: ++counts.movin; break;
    case Opcode::Store: ++counts.movout; break;
    case Opcode::Matmul: ++counts.matmul; break;
    case Opcode::Preload: ++counts.preload; break;
    case Opcode::Vector: ++counts.vector; break;
    default: ++counts.bar; break;
  }
  WorkCounts& work = stats_.work;
  if (node.op == Opcode::Load) work.load_bytes += instruction.bytes;
  if (node.op == Opcode::Store) work.store_bytes += instruction.bytes;
  for (const Rectangle& rectangle : instruction.rectangles) {
    std::int64_t bytes = work_->launch.kernel->buffers[rectangle.buffer].element_bytes;
    for (std::size_t d = 0; d < rectangle.rank; ++d) bytes *= rectangle.hi[d] - rectangle.lo[d];
    (rectangle.write ? work.spad_write_bytes : work.spad_read_bytes) += bytes;
  }
}

void Core::record(const Instruction& instruction, CoreCycle now) {
  if (trace_ == nullptr) return;
  const bool transfer = instruction.op == Opcode::Load || instruction.op == Opcode::Store;
  const bool on_array = instruction.op == Opcode::Preload || instruction.op == Opcode::Matmul;
  trace_->add({
      .launch = static_cast<std::int64_t>(work_->launch.index),
      .core = static_cast<std::int64_t>(index_),
      .node = static_cast<std::int64_t>(instruction.node),
      .op = static_cast<std::int64_t>(instruction.op),
      .array = on_array ? static_cast<std::int64_t>(arrays_.array_of(instruction)) : -1,
      .rows = on_array ? instruction.rows : 0,
      .requests = instruction.injected,
      .decoded = instruction.decoded.n,
      .dispatched = transfer ? 0 : instruction.dispatched.n,
      .started = instruction.started.n,
      .issued = transfer ? instruction.sent.n + 1 : 0,
      .completed = now.n,
  });
}

std::string Core::describe() const {
  std::string text = "core " + std::to_string(index_);
  if (!work_) return text + " is idle";
  text += " runs launch " + std::to_string(work_->launch.index) + " ('" +
          work_->launch.kernel->name + "') with " + std::to_string(window_.in_flight()) +
          " instructions in flight";
  const auto head = [&](const char* queue, InstructionId id) {
    const Instruction& instruction = window_[id];
    text += "; the " + std::string(queue) + " queue's head (node " +
            std::to_string(instruction.node) + ") waits for ";
    text += instruction.op == Opcode::Wait
                ? "instruction " + std::to_string(instruction.awaited_number)
                : std::to_string(instruction.needs()) + " others";
  };
  if (!execute_.empty()) head("execute", execute_.head());
  if (!dma_.queue(Opcode::Load).empty()) head("load", dma_.queue(Opcode::Load).front());
  if (!dma_.queue(Opcode::Store).empty()) head("store", dma_.queue(Opcode::Store).front());
  return text;
}

}  // namespace npu::togsim
