// The weight-stationary arrays of a core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/agenda.hpp"
#include "core/instruction.hpp"
#include "machine.hpp"
#include "stats.hpp"

namespace npu::togsim {

// Each array has a weight port and an input port. Preloads pass the weight port in order, matmuls
// the input port in order; a preload may run while matmuls push, as long as a weight slot is free.
// A preload and the matmuls that use its weights are a pair; pairs rotate over the arrays.
class Arrays {
 public:
  explicit Arrays(const MachineSpec& machine);

  // Forgets all weights; the arrays must be empty. The rotation starts at array 0 again.
  void begin_launch();

  // At decode, in program order: assigns the pair. False for a matmul before any preload.
  bool assign(Instruction& instruction);

  [[nodiscard]] bool accepts(const Instruction& instruction) const;
  void dispatch(const Instruction& instruction, InstructionId id);

  // Starts what can start at `now`; true when anything did.
  bool start(CoreCycle now, Window& window, Agenda& agenda, CoreStats& stats);

  // A preload or matmul has passed `phase`. The states' cycles in `stats` must be up to date.
  void pass(const Instruction& instruction, Phase phase, std::vector<ArrayStats>& stats);

  // What array number `array` does, or what its next operation waits for; `behind` tells of the
  // operations not dispatched to it yet.
  [[nodiscard]] ArrayState state(std::size_t array, const Window& window, Behind behind) const;

  [[nodiscard]] std::size_t array_of(const Instruction& instruction) const {
    return static_cast<std::size_t>(instruction.pair) % arrays_.size();
  }

 private:
  struct Array {
    std::deque<InstructionId> preloads;
    std::deque<InstructionId> matmuls;
    bool loading = false;           // the weight port is busy ...
    std::uint64_t loading_pair = 0; // ... with the weights of this pair
    std::optional<CoreCycle> slot_missing;  // since when the next preload lacks only a slot
    std::int64_t slot_delay = 0;    // how long the weights that load had lacked only a slot ...
    std::int64_t waited_before = 0; // ... and the cycles of WaitingWeights when they began to load
    bool pushing = false;           // the input port is busy
    std::int64_t slots_used = 0;    // weights held or loading
    std::int64_t results = 0;       // matmuls whose last result has not left
  };

  struct Pair {
    std::int64_t users = 0;  // the preload and the matmuls decoded and not yet done with the weights
    std::int64_t macs_per_row = 0;
    std::int64_t passes = 1;  // how often weights and rows pass through the array
    std::size_t width = 0;   // of a weight: which of WorkCounts::macs
    bool loaded = false;
    bool holds_slot = false;
    bool closed = false;     // the next preload has been decoded: no more matmuls will come
  };

  [[nodiscard]] Pair& pair(std::uint64_t number) { return pairs_[number - first_pair_]; }
  [[nodiscard]] const Pair& pair(std::uint64_t number) const { return pairs_[number - first_pair_]; }
  [[nodiscard]] ArrayState waiting_matmul(const Array& array, const Window& window) const;
  [[nodiscard]] ArrayState waiting_preload(const Array& array, const Window& window) const;
  [[nodiscard]] bool has_slot(Array& array, CoreCycle now) const;
  bool start_preload(Array& array, CoreCycle now, Window& window, Agenda& agenda,
                     const ArrayStats& stats);
  static void blame_slot(const Array& array, ArrayStats& stats);
  bool start_matmul(Array& array, CoreCycle now, Window& window, Agenda& agenda,
                    ArrayStats& stats, WorkCounts& work);
  void release_if_unused(std::uint64_t number);

  std::vector<Array> arrays_;
  std::int64_t weight_slots_;
  CoreCycle drain_;  // from the last push to the last result: W + H - 1
  std::deque<Pair> pairs_;
  std::uint64_t first_pair_ = 0;  // number of the front of pairs_
};

}  // namespace npu::togsim
