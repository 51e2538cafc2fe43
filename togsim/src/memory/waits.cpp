#include "memory/waits.hpp"

#include <algorithm>

#include "memory/dram/channel.hpp"

namespace npu::togsim {

MemoryWaits::MemoryWaits(const MachineSpec& machine)
    : core_(machine.core_freq_mhz), icnt_(machine.icnt_freq_mhz), dram_(dram_clock(machine)),
      latency_{machine.icnt_model ? 0 : machine.icnt_latency_cycles},
      routed_(machine.icnt_model.has_value()),
      before_dram_(machine.l2d_model ? MemoryWait::Cache : MemoryWait::Channel),
      after_dram_(machine.l2d_model ? MemoryWait::Cache : MemoryWait::Network) {}

void MemoryWaits::wait(CoreCycle begin, CoreCycle end) {
  if (begin == end) return;
  if (!waited_.empty() && waited_.back().end == begin) {
    waited_.back().end = end;
  } else {
    waited_.push_back({begin, end});
  }
}

void MemoryWaits::know(InstructionId transfer, const Timeline& last) {
  if (last_.size() <= transfer) last_.resize(transfer + 1);
  last_[transfer] = last;
}

void MemoryWaits::complete(InstructionId transfer, CoreCycle sent, MemoryWaitCycles& counts) {
  std::size_t kept = 0;
  for (const Interval& interval : waited_) {
    const CoreCycle from = std::max(interval.begin, sent);
    if (from < interval.end) explain({from, interval.end}, last_[transfer], counts);
    const CoreCycle rest = std::min(interval.end, from);
    if (interval.begin < rest) waited_[kept++] = {interval.begin, rest};
  }
  waited_.resize(kept);
}

// In order of time. Within the DRAM, waits that overlap are told apart by their lengths alone.
std::array<MemoryWaits::Leg, MemoryWaits::kLegs> MemoryWaits::legs(const Timeline& way) const {
  const CoreCycle reached = core(way.reached);
  const CoreCycle arrived = way.dram ? core(way.arrived) : reached;
  const CoreCycle returned = core(way.returned);
  const DramCycle bus{way.column.n - way.column_wait};
  const DramCycle bank{bus.n - way.bank_wait};
  const DramCycle refresh{bank.n - way.refresh_wait};
  const auto in_dram = [&](DramCycle cycle) { return way.dram ? core(cycle) : arrived; };
  return {{
      {MemoryWait::Network, routed_ ? reached : core(way.injected + latency_)},
      {MemoryWait::Channel, reached},
      {before_dram_, arrived},
      {MemoryWait::Channel, in_dram(refresh)},
      {MemoryWait::Refresh, in_dram(bank)},
      {MemoryWait::Bank, in_dram(bus)},
      {MemoryWait::Bus, in_dram(way.column)},
      {way.dram ? MemoryWait::Access : MemoryWait::Cache, way.dram ? core(way.data) : returned},
      {after_dram_, returned},
      {MemoryWait::Network, core(way.returned + latency_)},
      {MemoryWait::Port, core(way.back)},
  }};
}

// The last leg has no end here: a transfer is complete with its response.
void MemoryWaits::explain(Interval interval, const Timeline& way, MemoryWaitCycles& counts) const {
  CoreCycle from = interval.begin;
  MemoryWait cause = MemoryWait::Network;
  for (const Leg& leg : legs(way)) {
    cause = leg.cause;
    const CoreCycle to = std::min(leg.end, interval.end);
    if (to <= from) continue;
    counts[static_cast<std::size_t>(cause)] += to.n - from.n;
    from = to;
  }
  counts[static_cast<std::size_t>(cause)] += interval.end.n - from.n;
}

}  // namespace npu::togsim
