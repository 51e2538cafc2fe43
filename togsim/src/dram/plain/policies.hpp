// The orders in which controllers take commands, each in a file of its own.
#pragma once

#include <optional>

#include "dram/plain/engine.hpp"

namespace npu::togsim::dram {

// Ramulator 2.0 "Generic": one command a tick.
class PlainGeneric final : public PlainEngine {
 public:
  using PlainEngine::PlainEngine;

 private:
  void schedule() override;
};

// Ramulator 2.1 "GenericDDR": one command a tick.
class PlainSingleBus final : public PlainEngine {
 public:
  using PlainEngine::PlainEngine;

 private:
  void schedule() override;
};

// Ramulator 2.1 "HBM12": a column command and a row command a tick.
class PlainDualBus : public PlainEngine {
 public:
  using PlainEngine::PlainEngine;

 protected:
  enum class Slot { Column, Row };
  struct Issued {
    std::int32_t command = kNoCommand;
    Address address{};
  };

  void schedule() override;
  std::optional<Issued> try_slot(Slot slot);
  [[nodiscard]] virtual bool allowed(Slot slot, std::int32_t command,
                                     const Address& address) const;
};

// Ramulator 2.1 "HBM34": ticks are half clocks, odd ones rising edges. Only precharges issue on
// falling edges, and not next to every row command of the rising edge.
class PlainHalfTick final : public PlainDualBus {
 public:
  using PlainDualBus::PlainDualBus;

 private:
  void schedule() override;
  [[nodiscard]] bool allowed(Slot slot, std::int32_t command,
                             const Address& address) const override;
  void pair_with(const Issued& issued);
  [[nodiscard]] bool conflicts_with_pair(std::int32_t command, const Address& address) const;

  Issued pair_;
  std::int64_t pair_edge_ = -1;
};

// Ramulator 2.1 "LPDDR5": activation in two commands, data clock synchronised by CAS.
class PlainLpddr5 final : public PlainEngine {
 public:
  using PlainEngine::PlainEngine;

 private:
  void schedule() override;
  std::optional<Candidate> ready_act2(bool at_deadline);
  void issue_deferred();
  std::optional<Candidate> usual();
  [[nodiscard]] bool allowed(std::int32_t command, const Address& address) const;
  void issue_column(const Candidate& column);
  void issue_announced();

  std::optional<Candidate> announced_;  // its CAS has issued
};

}  // namespace npu::togsim::dram
