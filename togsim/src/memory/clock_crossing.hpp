// Between the clocks of the network and of the DRAM: the first edge at or after the other's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "clock.hpp"
#include "units.hpp"

namespace npu::togsim {

// Copies share what they remember: channels ask for the same few cycles, and each answer costs two
// divisions.
class ClockCrossing {
 public:
  ClockCrossing(const Clock<IcntCycle>& icnt, const Clock<DramCycle>& dram)
      : icnt_(icnt), dram_(dram), one_clock_(icnt.period() == dram.period()),
        known_(std::make_shared<Known>()) {}

  [[nodiscard]] DramCycle to_dram(IcntCycle cycle) const {
    if (one_clock_) return {cycle.n};
    return {remembered(known_->to_dram, cycle.n,
                       [&] { return dram_.at_or_after(icnt_.edge(cycle)).n; })};
  }

  [[nodiscard]] IcntCycle to_icnt(DramCycle cycle) const {
    if (one_clock_) return {cycle.n};
    return {remembered(known_->to_icnt, cycle.n,
                       [&] { return icnt_.at_or_after(dram_.edge(cycle)).n; })};
  }

 private:
  struct Pair {
    std::int64_t from = -1;
    std::int64_t to = 0;
  };
  using Table = std::array<Pair, 256>;  // by the low bits of `from`; a window has fewer cycles
  struct Known {
    Table to_dram;
    Table to_icnt;
  };

  template <class Compute>
  static std::int64_t remembered(Table& table, std::int64_t from, Compute compute) {
    Pair& pair = table[static_cast<std::size_t>(from) % std::tuple_size_v<Table>];
    if (pair.from != from) pair = {from, compute()};
    return pair.to;
  }

  Clock<IcntCycle> icnt_;
  Clock<DramCycle> dram_;
  bool one_clock_;  // their cycle numbers agree
  std::shared_ptr<Known> known_;
};

}  // namespace npu::togsim
