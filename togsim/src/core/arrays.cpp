#include "core/arrays.hpp"

#include <algorithm>
#include <bit>

#include "limits.hpp"

namespace npu::togsim {
namespace {

// Which of WorkCounts::macs weights of so many bytes count to.
std::size_t width_of(std::int64_t bytes) {
  const auto power = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(bytes - 1)));
  return std::min(power, kMacWidths - 1);
}

}  // namespace

Arrays::Arrays(const MachineSpec& machine)
    : arrays_(static_cast<std::size_t>(machine.num_systolic_array_per_core)),
      weight_slots_(machine.sa_weight_buffer_depth), drain_{2 * machine.vpu_num_lanes - 1} {}

void Arrays::begin_launch() {
  pairs_.clear();
  first_pair_ = 0;
  for (Array& array : arrays_) array.slots_used = 0;
}

bool Arrays::assign(Instruction& instruction) {
  if (instruction.op == Opcode::Preload) {
    if (!pairs_.empty()) pairs_.back().closed = true;
    pairs_.emplace_back();
    pairs_.back().macs_per_row = instruction.rows * instruction.cols;
    pairs_.back().width = width_of(instruction.bytes);
    pairs_.back().passes = instruction.passes;
  } else if (pairs_.empty()) {
    return false;
  }
  instruction.pair = first_pair_ + pairs_.size() - 1;
  ++pairs_.back().users;
  if (instruction.op == Opcode::Preload && pairs_.size() > 1) {
    release_if_unused(instruction.pair - 1);
  }
  return true;
}

bool Arrays::accepts(const Instruction& instruction) const {
  const Array& array = arrays_[array_of(instruction)];
  const auto& queue = instruction.op == Opcode::Preload ? array.preloads : array.matmuls;
  return queue.size() < kUnitQueueDepth;
}

void Arrays::dispatch(const Instruction& instruction, InstructionId id) {
  Array& array = arrays_[array_of(instruction)];
  (instruction.op == Opcode::Preload ? array.preloads : array.matmuls).push_back(id);
}

bool Arrays::start(CoreCycle now, Window& window, Agenda& agenda, CoreStats& stats) {
  bool any = false;
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    any = start_preload(arrays_[i], now, window, agenda, stats.arrays[i]) || any;
    any = start_matmul(arrays_[i], now, window, agenda, stats.arrays[i], stats.work) || any;
  }
  return any;
}

// A preload brings one row a cycle and pass through the weight port into a free weight slot.
bool Arrays::start_preload(Array& array, CoreCycle now, Window& window, Agenda& agenda,
                           const ArrayStats& stats) {
  if (array.loading || array.preloads.empty()) return false;
  const InstructionId id = array.preloads.front();
  Instruction& instruction = window[id];
  if (!instruction.ready() || !has_slot(array, now)) return false;
  array.waited_before = stats.cycles[ArrayState::WaitingWeights];
  array.preloads.pop_front();
  array.loading = true;
  array.loading_pair = instruction.pair;
  ++array.slots_used;
  pair(instruction.pair).holds_slot = true;
  instruction.started = now;
  const CoreCycle end = now + CoreCycle{instruction.rows * instruction.passes};
  agenda.add(now, end, instruction.number, id, Phase::ReadsDone);
  agenda.add(now, end, instruction.number, id, Phase::Complete);
  return true;
}

// Whether a weight slot is free; keeps the time that a preload lacks nothing else.
bool Arrays::has_slot(Array& array, CoreCycle now) const {
  if (array.slots_used == weight_slots_) {
    if (!array.slot_missing) array.slot_missing = now;
    return false;
  }
  array.slot_delay = array.slot_missing ? now.n - array.slot_missing->n : 0;
  array.slot_missing.reset();
  return true;
}

// Weights that had waited d cycles for a slot would have been there d cycles earlier: of the cycles
// that the array waited for them to load, the last d are for want of a slot.
void Arrays::blame_slot(const Array& array, ArrayStats& stats) {
  const std::int64_t waited = stats.cycles[ArrayState::WaitingWeights] - array.waited_before;
  stats.cycles.move(ArrayState::WaitingWeights, ArrayState::WaitingSlot,
                    std::min(waited, array.slot_delay));
}

// A matmul pushes one row a cycle and pass of its weights; its last result leaves drain_ cycles after its last push.
bool Arrays::start_matmul(Array& array, CoreCycle now, Window& window, Agenda& agenda,
                          ArrayStats& stats, WorkCounts& work) {
  if (array.pushing || array.matmuls.empty()) return false;
  const InstructionId id = array.matmuls.front();
  Instruction& instruction = window[id];
  const Pair& weights = pair(instruction.pair);
  if (!weights.loaded || !instruction.ready()) return false;
  array.matmuls.pop_front();
  array.pushing = true;
  ++array.results;
  const std::int64_t macs = instruction.rows * weights.macs_per_row;
  stats.macs += macs;
  work.macs[weights.width] += macs;
  instruction.started = now;
  const CoreCycle pushed = now + CoreCycle{instruction.rows * weights.passes};
  agenda.add(now, now + CoreCycle{1}, instruction.number, id, Phase::Started);
  agenda.add(now, pushed, instruction.number, id, Phase::ReadsDone);
  agenda.add(now, pushed + drain_, instruction.number, id, Phase::Complete);
  return true;
}

void Arrays::pass(const Instruction& instruction, Phase phase, std::vector<ArrayStats>& stats) {
  Array& array = arrays_[array_of(instruction)];
  if (instruction.op == Opcode::Preload) {
    if (phase != Phase::Complete) return;
    blame_slot(array, stats[array_of(instruction)]);
    array.loading = false;
    pair(instruction.pair).loaded = true;
  } else if (phase == Phase::Complete) {
    --array.results;
    return;
  } else if (phase == Phase::ReadsDone) {
    array.pushing = false;
  } else {
    return;
  }
  --pair(instruction.pair).users;
  release_if_unused(instruction.pair);
}

// Frees the weight slot after the last push, once no more matmuls can come.
void Arrays::release_if_unused(std::uint64_t number) {
  if (number < first_pair_) return;
  Pair& weights = pair(number);
  if (!weights.closed || weights.users != 0) return;
  if (weights.holds_slot) {
    --arrays_[static_cast<std::size_t>(number) % arrays_.size()].slots_used;
    weights.holds_slot = false;
  }
  while (!pairs_.empty() && pairs_.front().closed && pairs_.front().users == 0) {
    pairs_.pop_front();
    ++first_pair_;
  }
}

// Pushing rows counts first, then what the next operation waits for, first among those dispatched to
// the array and then in the execute queue, then the results' way out.
ArrayState Arrays::state(std::size_t number, const Window& window, Behind behind) const {
  const Array& array = arrays_[number];
  if (array.pushing) return ArrayState::Active;
  if (!array.matmuls.empty()) return waiting_matmul(array, window);
  if (array.loading) return ArrayState::WaitingWeights;
  if (!array.preloads.empty()) return waiting_preload(array, window);
  if (behind == Behind::Wait) return ArrayState::WaitingDma;
  if (behind == Behind::Others) return ArrayState::WaitingDispatch;
  return array.results > 0 ? ArrayState::Draining : ArrayState::Idle;
}

ArrayState Arrays::waiting_matmul(const Array& array, const Window& window) const {
  const Instruction& next = window[array.matmuls.front()];
  if (!pair(next.pair).loaded) {
    if (!array.loading) return waiting_preload(array, window);
    const bool own = array.loading_pair == next.pair;
    return own ? ArrayState::WaitingWeights : ArrayState::WaitingPort;
  }
  if (next.needs(Need::Transfer)) return ArrayState::WaitingDma;
  return next.needs(Need::Data) ? ArrayState::WaitingDependency : ArrayState::WaitingAccumulators;
}

// The weight port is free, so the next preload lacks its operand or a slot.
ArrayState Arrays::waiting_preload(const Array& array, const Window& window) const {
  const Instruction& next = window[array.preloads.front()];
  if (next.needs(Need::Transfer)) return ArrayState::WaitingDma;
  return next.ready() ? ArrayState::WaitingSlot : ArrayState::WaitingDependency;
}

}  // namespace npu::togsim
