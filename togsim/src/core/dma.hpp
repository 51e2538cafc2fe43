// The DMA engine of a core: a load queue and a store queue that share the injection ports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/agenda.hpp"
#include "clock.hpp"
#include "core/instruction.hpp"
#include "limits.hpp"
#include "memory/memory.hpp"
#include "stats.hpp"

namespace npu::togsim {

// Each queue has one descriptor in service, from its first request to its last; responses return
// while later descriptors inject. In every cycle the load injects first, the store has the rest.
class Dma {
 public:
  Dma(std::size_t core, const MachineSpec& machine);

  [[nodiscard]] bool full(Opcode op) const { return queue(op).size() == kQueueDepth; }
  void push(Opcode op, InstructionId id) { (op == Opcode::Load ? loads_ : stores_).push_back(id); }

  // Injects this cycle's requests; true when a descriptor made progress.
  bool inject(CoreCycle now, Window& window, Agenda& agenda, Memory& memory, CoreStats& stats);

  // All responses of a transfer are known: when it is complete. Notes that in the agenda.
  CoreCycle deliver(const CompletedTransfer& transfer, CoreCycle now, const Window& window,
                    Agenda& agenda, const Memory& memory) const;

  // A transfer has completed: all its responses are back.
  void complete() { --outstanding_; }

  [[nodiscard]] DmaState state() const;
  [[nodiscard]] const std::deque<InstructionId>& queue(Opcode op) const {
    return op == Opcode::Load ? loads_ : stores_;
  }

 private:
  // The head of a queue on its way into the network.
  struct InService {
    bool active = false;
    TransferId transfer = 0;
  };

  bool serve(std::deque<InstructionId>& queue, InService& service, CoreCycle now, Window& window,
             Agenda& agenda, Memory& memory, std::int64_t& requests, std::int64_t& reads,
             std::int64_t& remote);
  std::size_t send(Instruction& instruction, const InService& service, RequestStream& stream,
                   bool write, Memory& memory);
  void finish(Instruction& instruction, InstructionId id, CoreCycle now, Agenda& agenda);

  std::size_t core_;
  std::size_t ports_;
  std::uint32_t partition_;    // of the DRAM that is local to the core
  std::size_t next_port_ = 0;  // free ports of this cycle start here
  Clock<CoreCycle> clock_;
  std::deque<InstructionId> loads_;
  std::deque<InstructionId> stores_;
  InService load_service_;
  InService store_service_;
  std::int64_t outstanding_ = 0;  // transfers all of whose requests are out, responses not back
  bool served_ = false;           // in this cycle: a request sent, or a descriptor without any
};

}  // namespace npu::togsim
