#include "dma.hpp"

#include <algorithm>

namespace npu::togsim {

Dma::Dma(std::size_t core, const MachineSpec& machine)
    : core_(core), ports_(static_cast<std::size_t>(machine.icnt_injection_ports_per_core)),
      clock_(machine.core_freq_mhz) {}

bool Dma::inject(CoreCycle now, Window& window, Agenda& agenda, Memory& memory,
                 CoreStats& stats) {
  injected_ = false;
  if (loads_.empty() && stores_.empty()) return false;
  next_port_ = 0;
  memory.begin(clock_.edge(now));
  const bool load = serve(loads_, load_service_, now, window, agenda, memory, stats.read_requests);
  const bool store =
      serve(stores_, store_service_, now, window, agenda, memory, stats.write_requests);
  injected_ = next_port_ > 0;
  return load || store;
}

// Goes on with the head of a queue, or starts it when nothing it touches is in use.
bool Dma::serve(std::deque<InstructionId>& queue, Service& service, CoreCycle now, Window& window,
                Agenda& agenda, Memory& memory, std::int64_t& requests) {
  if (queue.empty()) return false;
  const InstructionId id = queue.front();
  Instruction& instruction = window[id];
  if (next_port_ == ports_ && !instruction.requests.done()) return false;
  if (!service.active) {
    if (!instruction.ready()) return false;
    service = {true, IcntCycle{0}};
    instruction.started = now;
    instruction.stage = TransferStage::Injecting;
  }
  const bool write = instruction.op == Opcode::Store;
  RequestStream& stream = instruction.requests;
  for (; next_port_ < ports_ && !stream.done(); stream.advance(), ++next_port_, ++requests) {
    const IcntCycle response = memory.request(core_, next_port_, stream.block(), write);
    service.last_response = std::max(service.last_response, response);
  }
  if (stream.done()) {
    finish(id, service, now, window, agenda, memory);
    service.active = false;
    queue.pop_front();
  }
  return true;
}

// All requests are out: a store has read its rectangle; the transfer ends with the last response.
void Dma::finish(InstructionId id, const Service& service, CoreCycle now, Window& window,
                 Agenda& agenda, const Memory& memory) {
  const CoreCycle next = now + CoreCycle{1};
  const CoreCycle back = clock_.at_or_after(memory.icnt_clock().edge(service.last_response));
  const CoreCycle end = std::max(next, back);
  ++outstanding_;
  window[id].stage = TransferStage::Outstanding;
  agenda.add(now, window[id].op == Opcode::Store ? next : end, id, Phase::ReadsDone);
  agenda.add(now, end, id, Phase::Complete);
}

DmaState Dma::state() const {
  if (injected_) return DmaState::Active;
  if (!loads_.empty() || !stores_.empty()) return DmaState::WaitingHazard;
  return outstanding_ > 0 ? DmaState::WaitingMemory : DmaState::Idle;
}

}  // namespace npu::togsim
