// One core: a front that decodes, three queues, the arrays, the vector unit and the DMA engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/activity.hpp"
#include "core/agenda.hpp"
#include "core/arrays.hpp"
#include "core/decode.hpp"
#include "core/dma.hpp"
#include "core/execute_queue.hpp"
#include "core/hazards.hpp"
#include "core/instruction.hpp"
#include "machine.hpp"
#include "memory/memory.hpp"
#include "memory/waits.hpp"
#include "stats.hpp"
#include "trace.hpp"
#include "core/vector_unit.hpp"
#include "core/walker.hpp"

namespace npu::togsim {

// A core acts only in cycles in which something can happen: step() says which is the next.
class Core {
 public:
  Core(std::size_t index, const MachineSpec& machine, Memory& memory);

  // Gives the idle core its work items of a launch; their decoding begins with the next step.
  void begin(LaunchContext launch, CoreCycle now);

  // True from begin() until end_if_drained() has returned a launch.
  [[nodiscard]] bool busy() const { return work_.has_value(); }

  // Takes what ended by `now`: the first act of a cycle.
  void retire(CoreCycle now);

  // The launch whose last work item here has completed by `now`, once.
  std::optional<std::size_t> end_if_drained(CoreCycle now);

  // The other acts of the cycle: dispatch, starts, injection, decode. Returns the next cycle in
  // which anything can happen, or nothing when only a new launch can wake the core.
  std::optional<CoreCycle> act(CoreCycle now);

  // Takes note of a transfer whose responses are all known; the cycle in which it is complete.
  CoreCycle deliver(const CompletedTransfer& transfer);

  // Counts the cycles up to `now` to the units' present states.
  void account(CoreCycle now);

  // Who waits for what, for the message of a deadlock.
  [[nodiscard]] std::string describe() const;

  // Records every instruction's way through the core, and its units' states, in `trace`.
  void trace_into(Trace* trace) { trace_ = trace; }

  [[nodiscard]] const CoreStats& stats() const { return stats_; }

 private:
  // The latest transfer of a token.
  struct Transfer {
    bool issued = false;
    InstructionId id = 0;
    std::uint64_t number = 0;
  };

  // The launch that the core works on.
  struct Work {
    explicit Work(LaunchContext context);

    LaunchContext launch;
    Walker walker;
    Hazards hazards;
    std::vector<Transfer> tokens;
    Transfer scatter;                // the latest one
    bool weights_are_empty = false;  // of the latest preload
    Weights weights;                 // of the latest one that was not
  };

  void pass(InstructionId id, Phase phase, CoreCycle now);
  bool dispatch(CoreCycle now);
  bool dispatch_next(CoreCycle now);
  bool decode(CoreCycle now);
  bool decode_next(CoreCycle now);
  [[nodiscard]] bool queue_full(Opcode op) const;
  bool skip_if_empty(const Node& node);
  void resolve_tokens(const Node& node, InstructionId id);
  void follow_scatter(InstructionId id);
  [[nodiscard]] const Transfer& awaited(std::size_t token, const char* what) const;
  void enqueue(InstructionId id);
  [[nodiscard]] std::size_t place_of(const Instruction& instruction) const;
  [[nodiscard]] std::size_t vector_place() const { return stats_.arrays.size(); }
  void count(const Node& node, const Instruction& instruction);
  void record(const Instruction& instruction, CoreCycle now);
  void set_unit_states();
  void set_front_state();
  void add_cycles(std::int64_t cycles);
  void trace_states(std::int64_t cycles);
  void sample();
  void begin_share(CoreCycle now);
  void end_share(CoreCycle now);

  std::size_t index_;
  std::int64_t issue_width_;
  std::int64_t period_;
  DecodeLimits limits_;
  Memory* memory_;
  Window window_;
  Agenda agenda_;
  ExecuteQueue execute_;
  Arrays arrays_;
  VectorUnit vector_;
  Dma dma_;
  MemoryWaits memory_waits_;
  std::optional<Work> work_;
  CoreCycle accounted_;
  CoreStats stats_;
  Activity begun_with_;   // of the launch: all that had been counted when it began
  bool decoded_ = false;  // in this cycle
  Trace* trace_ = nullptr;
};

}  // namespace npu::togsim
