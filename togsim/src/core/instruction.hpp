// One decoded operation on its way through a core, and the window that holds those in flight.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "graph.hpp"
#include "memory/request_stream.hpp"
#include "units.hpp"

namespace npu::togsim {

using InstructionId = std::uint32_t;  // place in the window; used again after retirement

// The three moments of an instruction that others may wait for.
enum class Phase : std::uint8_t { Started, ReadsDone, Complete };
constexpr std::size_t kPhases = 3;

// What an instruction waits for: a DMA transfer, whatever the rows; otherwise the arrays or the
// vector unit, for data it reads or overwrites, or for its accumulator rows.
enum class Need : std::uint8_t { Transfer, Data, Accumulator };
constexpr std::size_t kNeeds = 3;

// Where a DMA transfer stands, once decoded.
enum class TransferStage : std::uint8_t { Queued, Injecting, Outstanding };

// A half-open rectangle of one slot of one buffer.
struct Rectangle {
  std::uint32_t buffer = 0;
  std::uint32_t slot = 0;
  std::uint32_t rank = 0;
  bool write = false;
  std::array<std::int64_t, kMaxRank> lo{};
  std::array<std::int64_t, kMaxRank> hi{};
};

struct Dependent {
  InstructionId id = 0;
  Need need = Need::Data;
};

struct Instruction {
  Opcode op = Opcode::Wait;
  std::uint64_t number = 0;  // in program order of the core, from 0
  std::size_t node = 0;      // position in the kernel's code
  std::int64_t rows = 0;     // preload: k; matmul: m
  std::int64_t cols = 0;     // preload: n
  std::int64_t passes = 1;   // preload: how often its rows, and those it is multiplied with, pass
  std::int64_t bytes = 0;    // load, store: of all elements; preload: of one weight
  std::int64_t cycles = 0;   // vector
  std::uint64_t pair = 0;    // preload, matmul: which weights
  RequestStream requests;    // load, store
  RequestStream reads_first;  // store that combines: the same blocks, read ahead of it
  TransferStage stage = TransferStage::Queued;  // load, store
  std::uint32_t partition = 0;  // load, store: the NUMA partition of its tensor
  InstructionId awaited = 0; // wait: the transfer
  std::uint64_t awaited_number = 0;
  std::array<std::uint32_t, kNeeds> pending{};  // dependencies not yet met
  std::array<bool, kPhases> passed{};
  std::array<std::vector<Dependent>, kPhases> dependents;
  std::vector<Rectangle> rectangles;
  std::int64_t injected = 0;  // load, store: requests
  CoreCycle decoded;
  CoreCycle dispatched;  // from the execute queue
  CoreCycle started;
  CoreCycle sent;            // load, store: its last request left

  [[nodiscard]] bool needs(Need need) const { return pending[static_cast<std::size_t>(need)] != 0; }
  [[nodiscard]] std::uint32_t needs() const { return pending[0] + pending[1] + pending[2]; }
  [[nodiscard]] bool ready() const { return needs() == 0; }
};

// The instructions in flight on a core. References last until the next add().
class Window {
 public:
  // A fresh instruction with the next number.
  InstructionId add();
  void retire(InstructionId id);

  [[nodiscard]] Instruction& operator[](InstructionId id) { return slots_[id]; }
  [[nodiscard]] const Instruction& operator[](InstructionId id) const { return slots_[id]; }
  [[nodiscard]] std::size_t in_flight() const { return slots_.size() - free_.size(); }
  [[nodiscard]] std::uint64_t next_number() const { return next_number_; }

  // Marks that `id` has passed `phase` and lets those who waited for it go on.
  void pass(InstructionId id, Phase phase);

  // Whether the instruction that had this id and number has completed.
  [[nodiscard]] bool completed(InstructionId id, std::uint64_t number) const;

  // Makes `id` wait until `other` has passed `phase`, unless it has already. Waiting for a transfer
  // counts as that, whatever the `need`.
  void depend(InstructionId id, Need need, InstructionId other, Phase phase);

 private:
  std::vector<Instruction> slots_;
  std::vector<InstructionId> free_;
  std::uint64_t next_number_ = 0;
};

}  // namespace npu::togsim
