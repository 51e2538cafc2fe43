#include "arrays.hpp"

#include "limits.hpp"

namespace npu::togsim {

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

bool Arrays::start(CoreCycle now, Window& window, Agenda& agenda,
                   std::vector<ArrayStats>& stats) {
  bool any = false;
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    any = start_preload(arrays_[i], now, window, agenda) || any;
    any = start_matmul(arrays_[i], now, window, agenda, stats[i]) || any;
  }
  return any;
}

// A preload brings one row a cycle through the weight port into a free weight slot.
bool Arrays::start_preload(Array& array, CoreCycle now, Window& window, Agenda& agenda) {
  if (array.loading || array.preloads.empty() || array.slots_used == weight_slots_) return false;
  const InstructionId id = array.preloads.front();
  Instruction& instruction = window[id];
  if (!instruction.ready()) return false;
  array.preloads.pop_front();
  array.loading = true;
  ++array.slots_used;
  pair(instruction.pair).holds_slot = true;
  instruction.started = now;
  const CoreCycle end = now + CoreCycle{instruction.rows};
  agenda.add(now, end, id, Phase::ReadsDone);
  agenda.add(now, end, id, Phase::Complete);
  return true;
}

// A matmul pushes one row a cycle; its last result leaves drain_ cycles after its last push.
bool Arrays::start_matmul(Array& array, CoreCycle now, Window& window, Agenda& agenda,
                          ArrayStats& stats) {
  if (array.pushing || array.matmuls.empty()) return false;
  const InstructionId id = array.matmuls.front();
  Instruction& instruction = window[id];
  const Pair& weights = pair(instruction.pair);
  if (!weights.loaded || !instruction.ready()) return false;
  array.matmuls.pop_front();
  array.pushing = true;
  ++array.results;
  stats.macs += instruction.rows * weights.macs_per_row;
  instruction.started = now;
  const CoreCycle pushed = now + CoreCycle{instruction.rows};
  agenda.add(now, now + CoreCycle{1}, id, Phase::Started);
  agenda.add(now, pushed, id, Phase::ReadsDone);
  agenda.add(now, pushed + drain_, id, Phase::Complete);
  return true;
}

void Arrays::pass(const Instruction& instruction, Phase phase) {
  Array& array = arrays_[array_of(instruction)];
  if (instruction.op == Opcode::Preload) {
    if (phase != Phase::Complete) return;
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

void Arrays::set_states(const Window& window, std::vector<ArrayStats>& stats) const {
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    stats[i].cycles.set(state(arrays_[i], window));
  }
}

// Pushing rows counts first, then what the next operation waits for, then the results' way out.
ArrayState Arrays::state(const Array& array, const Window& window) const {
  if (array.pushing) return ArrayState::Active;
  if (!array.matmuls.empty()) {
    const Instruction& next = window[array.matmuls.front()];
    if (!pair(next.pair).loaded) return blocked_preload(array, window);
    const bool data = next.pending[static_cast<std::size_t>(Need::Data)] != 0;
    return data ? ArrayState::WaitingData : ArrayState::WaitingAccumulators;
  }
  if (array.loading || !array.preloads.empty()) return blocked_preload(array, window);
  return array.results > 0 ? ArrayState::Draining : ArrayState::Idle;
}

// The weights are not there: because they are loading, or because they wait for their own data.
ArrayState Arrays::blocked_preload(const Array& array, const Window& window) const {
  if (array.loading || array.preloads.empty()) return ArrayState::WaitingWeights;
  const bool ready = window[array.preloads.front()].ready();
  return ready ? ArrayState::WaitingWeights : ArrayState::WaitingData;
}

}  // namespace npu::togsim
