#include "memory.hpp"

#include <algorithm>

namespace npu::togsim {

Memory::Memory(const MachineSpec& machine)
    : icnt_clock_(machine.icnt_freq_mhz), dram_(machine), latency_{machine.icnt_latency_cycles},
      one_clock_(machine.icnt_freq_mhz == machine.dram_freq_mhz),
      ports_(static_cast<std::size_t>(machine.icnt_injection_ports_per_core)),
      channel_free_(static_cast<std::size_t>(machine.dram_channels)),
      core_ports_(static_cast<std::size_t>(machine.num_cores) * ports_) {}

DramCycle Memory::to_dram(IcntCycle cycle) const {
  if (one_clock_) return {cycle.n};
  return dram_.clock().at_or_after(icnt_clock_.edge(cycle));
}

IcntCycle Memory::to_icnt(DramCycle cycle) const {
  if (one_clock_) return {cycle.n};
  return icnt_clock_.at_or_after(dram_.clock().edge(cycle));
}

void Memory::begin(Picoseconds now) { now_ = icnt_clock_.at_or_after(now); }

IcntCycle Memory::request(std::size_t core, std::size_t port, std::uint64_t block, bool write) {
  const std::uint32_t channel = dram_.channel_of(block);
  IcntCycle& free = channel_free_[channel];
  const IcntCycle accepted = std::max(now_ + latency_, free);
  free = accepted + IcntCycle{1};
  const DramCycle served = dram_.serve(channel, to_dram(accepted), write);
  return core_ports_[core * ports_ + port].book(now_, to_icnt(served) + latency_);
}

}  // namespace npu::togsim
