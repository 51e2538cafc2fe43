// What is counted: for each unit, how many cycles it spent in each of its states.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace npu::togsim {

enum class FrontState : std::size_t { Active, WaitingQueue, Idle };
enum class ExecuteState : std::size_t {
  Active, WaitingTokenQueued, WaitingTokenInjecting, WaitingTokenMemory, WaitingArray,
  WaitingVector, Idle
};
enum class ArrayState : std::size_t {
  Active, WaitingDma, WaitingDependency, WaitingAccumulators, WaitingWeights, WaitingPort,
  WaitingSlot, WaitingDispatch, Draining, Idle
};
enum class VectorState : std::size_t {
  Active, WaitingDma, WaitingDependency, WaitingDispatch, Idle
};
enum class DmaState : std::size_t { Active, WaitingHazard, WaitingMemory, Idle };

// What a response that the DMA engine waits for is doing: it is on the network, waits at the channel,
// for a refresh, for its row, for the data bus and other commands, is accessed, is in the cache, or
// waits at the core's port.
enum class MemoryWait : std::size_t { Network, Channel, Refresh, Bank, Bus, Access, Cache, Port };
using MemoryWaitCycles = std::array<std::int64_t, 8>;

// What stands ahead of a unit's next instruction in the execute queue: nothing when the unit has
// none there, else a wait whose transfer is not complete, or other instructions.
enum class Behind : std::uint8_t { Nothing, Wait, Others };

// Cycles of one unit by state. Every cycle is in exactly one state, so they sum to the total.
template <class State>
class StateCycles {
 public:
  void set(State state) { state_ = state; }
  [[nodiscard]] State state() const { return state_; }
  void account(std::int64_t cycles) { cycles_[static_cast<std::size_t>(state_)] += cycles; }

  // Counts `cycles` of those in state `from` to state `to` instead.
  void move(State from, State to, std::int64_t cycles) {
    cycles_[static_cast<std::size_t>(from)] -= cycles;
    cycles_[static_cast<std::size_t>(to)] += cycles;
  }

  [[nodiscard]] std::int64_t operator[](State state) const {
    return cycles_[static_cast<std::size_t>(state)];
  }

 private:
  static constexpr std::size_t kStates = static_cast<std::size_t>(State::Idle) + 1;

  State state_ = State::Idle;
  std::array<std::int64_t, kStates> cycles_{};
};

struct ArrayStats {
  StateCycles<ArrayState> cycles;
  std::int64_t macs = 0;  // multiply-accumulates done
};

constexpr std::size_t kMacWidths = 4;

// What the instructions of a core asked for, whatever time it took.
struct WorkCounts {
  // Multiply-accumulates by the width of a weight: up to 1, 2, 4 bytes, and wider ones.
  std::array<std::int64_t, kMacWidths> macs{};
  std::int64_t load_bytes = 0;   // elements that loads bring, without the rest of their blocks
  std::int64_t store_bytes = 0;
  std::int64_t spad_read_bytes = 0;   // rectangles of the scratchpad, once an instruction
  std::int64_t spad_write_bytes = 0;
};

// What a core did for one launch, from its first cycle there to its last.
struct LaunchShare {
  std::int64_t launch = 0;
  std::int64_t begin = 0;  // core cycles
  std::int64_t end = 0;
  std::vector<std::int64_t> activity;  // see activity.hpp
};

struct InstructionCounts {
  std::int64_t movin = 0;
  std::int64_t movout = 0;
  std::int64_t matmul = 0;
  std::int64_t preload = 0;
  std::int64_t vector = 0;
  std::int64_t bar = 0;
};

// Cycles in the active state from the start up to `cycle`.
struct CoreSample {
  std::int64_t cycle = 0;
  std::vector<std::int64_t> array_active;
  std::int64_t vector_active = 0;
  std::int64_t dma_active = 0;
};

struct CoreStats {
  StateCycles<FrontState> front;
  StateCycles<ExecuteState> execute;
  std::vector<ArrayStats> arrays;
  StateCycles<VectorState> vector;
  StateCycles<DmaState> dma;
  MemoryWaitCycles memory_wait{};  // sum to the DMA engine's cycles in WaitingMemory
  InstructionCounts counts;
  WorkCounts work;
  std::int64_t read_requests = 0;
  std::int64_t write_requests = 0;
  std::int64_t remote_requests = 0;  // of both: to another NUMA partition than the core's
  std::vector<CoreSample> samples;  // one a period, when a period is set
  std::vector<LaunchShare> shares;  // one a launch that the core worked for, in order of time
};

// Cycles are core cycles.
struct LaunchStats {
  std::int64_t queue = 0;
  std::int64_t request = 0;  // runs of graphs are numbered in the order of submission
  std::int64_t arrival = 0;
  std::int64_t ready = 0;    // arrived, and all it waits for complete: may start
  std::int64_t start = 0;
  std::int64_t end = 0;
};

}  // namespace npu::togsim
