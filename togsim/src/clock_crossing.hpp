// Between the clocks of the network and of the DRAM: the first edge at or after the other's.
#pragma once

#include "clock.hpp"
#include "units.hpp"

namespace npu::togsim {

class ClockCrossing {
 public:
  ClockCrossing(const Clock<IcntCycle>& icnt, const Clock<DramCycle>& dram)
      : icnt_(icnt), dram_(dram), one_clock_(icnt.period() == dram.period()) {}

  [[nodiscard]] DramCycle to_dram(IcntCycle cycle) const {
    if (one_clock_) return {cycle.n};
    return dram_.at_or_after(icnt_.edge(cycle));
  }

  [[nodiscard]] IcntCycle to_icnt(DramCycle cycle) const {
    if (one_clock_) return {cycle.n};
    return icnt_.at_or_after(dram_.edge(cycle));
  }

 private:
  Clock<IcntCycle> icnt_;
  Clock<DramCycle> dram_;
  bool one_clock_;  // their cycle numbers agree
};

}  // namespace npu::togsim
