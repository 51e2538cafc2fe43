#include "core/dma.hpp"

#include <algorithm>

namespace npu::togsim {

Dma::Dma(std::size_t core, const MachineSpec& machine)
    : core_(core), ports_(static_cast<std::size_t>(machine.icnt_injection_ports_per_core)),
      partition_(static_cast<std::uint32_t>(static_cast<std::int64_t>(core) *
                                            machine.dram_num_partitions / machine.num_cores)),
      clock_(machine.core_freq_mhz) {}

bool Dma::inject(CoreCycle now, Window& window, Agenda& agenda, Memory& memory,
                 CoreStats& stats) {
  served_ = false;
  if (loads_.empty() && stores_.empty()) return false;
  next_port_ = 0;
  memory.begin(clock_.edge(now));
  const bool load = serve(loads_, load_service_, now, window, agenda, memory, stats.read_requests,
                          stats.read_requests, stats.remote_requests);
  const bool store =
      serve(stores_, store_service_, now, window, agenda, memory, stats.write_requests,
            stats.read_requests, stats.remote_requests);
  served_ = load || store;
  return load || store;
}

// Goes on with the head of a queue, or starts it when nothing it touches is in use.
bool Dma::serve(std::deque<InstructionId>& queue, InService& service, CoreCycle now, Window& window,
                Agenda& agenda, Memory& memory, std::int64_t& requests, std::int64_t& reads,
                std::int64_t& remote) {
  if (queue.empty()) return false;
  const InstructionId id = queue.front();
  Instruction& instruction = window[id];
  if (next_port_ == ports_ && !instruction.requests.done()) return false;
  if (!service.active) {
    if (!instruction.ready()) return false;
    service = {true, memory.open(core_, id, instruction.partition)};
    instruction.started = now;
    instruction.stage = TransferStage::Injecting;
  }
  const std::size_t read = send(instruction, service, instruction.reads_first, false, memory);
  reads += static_cast<std::int64_t>(read);
  std::size_t sent = 0;
  if (instruction.reads_first.done()) {
    const bool write = instruction.op == Opcode::Store;
    sent = send(instruction, service, instruction.requests, write, memory);
    requests += static_cast<std::int64_t>(sent);
  }
  sent += read;
  if (instruction.partition != partition_) remote += static_cast<std::int64_t>(sent);
  if (instruction.requests.done()) {
    finish(instruction, id, now, agenda);
    memory.close(service.transfer);
    service.active = false;
    queue.pop_front();
  }
  return true;
}

// Sends what the ports of this cycle still take of a stream; how many requests that are.
std::size_t Dma::send(Instruction& instruction, const InService& service, RequestStream& stream,
                      bool write, Memory& memory) {
  if (stream.done()) return 0;
  const std::size_t sent = memory.send(service.transfer, next_port_, write, stream);
  next_port_ += sent;
  instruction.injected += static_cast<std::int64_t>(sent);
  return sent;
}

// All requests are out: a store has read its rectangle.
void Dma::finish(Instruction& instruction, InstructionId id, CoreCycle now, Agenda& agenda) {
  ++outstanding_;
  instruction.stage = TransferStage::Outstanding;
  instruction.sent = now;
  if (instruction.op != Opcode::Store) return;
  agenda.add(now, now + CoreCycle{1}, instruction.number, id, Phase::ReadsDone);
}

// A transfer ends with its last response, and in the cycle after its last request if it had none.
CoreCycle Dma::deliver(const CompletedTransfer& transfer, CoreCycle now, const Window& window,
                       Agenda& agenda, const Memory& memory) const {
  const Instruction& instruction = window[transfer.instruction];
  CoreCycle end = instruction.sent + CoreCycle{1};
  if (!transfer.empty) {
    end = std::max(end, clock_.at_or_after(memory.icnt_clock().edge(transfer.last.back)));
  }
  const auto add = [&](Phase phase) {
    agenda.add(now, end, instruction.number, transfer.instruction, phase);
  };
  if (instruction.op == Opcode::Load) add(Phase::ReadsDone);
  add(Phase::Complete);
  return end;
}

DmaState Dma::state() const {
  if (served_) return DmaState::Active;
  if (!loads_.empty() || !stores_.empty()) return DmaState::WaitingHazard;
  return outstanding_ > 0 ? DmaState::WaitingMemory : DmaState::Idle;
}

}  // namespace npu::togsim
