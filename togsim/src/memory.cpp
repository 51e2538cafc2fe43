#include "memory.hpp"

#include "memory_closed.hpp"

namespace npu::togsim {

Memory::Memory(const MachineSpec& machine)
    : icnt_clock_(machine.icnt_freq_mhz),
      ports_(static_cast<std::size_t>(machine.icnt_injection_ports_per_core)) {}

std::unique_ptr<Memory> make_memory(const MachineSpec& machine, [[maybe_unused]] bool plain) {
  return std::make_unique<ClosedMemory>(machine);
}

}  // namespace npu::togsim
