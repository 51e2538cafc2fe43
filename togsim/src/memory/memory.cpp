#include "memory/memory.hpp"

#include "memory/closed.hpp"
#include "memory/stepped.hpp"
#include "memory/windowed.hpp"
#include "memory/network/plain.hpp"
#include "memory/network/routed.hpp"

namespace npu::togsim {

Memory::Memory(const MachineSpec& machine)
    : icnt_clock_(machine.icnt_freq_mhz),
      ports_(static_cast<std::size_t>(machine.icnt_injection_ports_per_core)),
      transfers_(machine.icnt_stats_print_period_cycles) {}

std::unique_ptr<MemoryNetwork> make_memory_network(const MachineSpec& machine,
                                                   bool plain) {
  if (machine.icnt_model) return std::make_unique<RoutedNetwork>(machine, plain);
  return std::make_unique<PlainNetwork>(machine);
}

std::unique_ptr<Memory> make_memory(const MachineSpec& machine, bool plain) {
  if (plain || machine.icnt_model) return std::make_unique<SteppedMemory>(machine, plain);
  if (machine.dram_model || machine.l2d_model) return std::make_unique<WindowedMemory>(machine);
  return std::make_unique<ClosedMemory>(machine);
}

}  // namespace npu::togsim
