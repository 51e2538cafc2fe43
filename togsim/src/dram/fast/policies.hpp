// The orders of plain_policies.hpp over the index.
#pragma once

#include "dram/fast/engine.hpp"

namespace npu::togsim::dram {

class FastGeneric : public FastEngine {
 public:
  using FastEngine::FastEngine;

 private:
  void schedule() override;
};

// 2.0 with LPDDR5: the CAS is a command of the request.
class FastGenericLpddr5 final : public FastGeneric {
 public:
  FastGenericLpddr5(const Spec& spec, bool log_commands);

 private:
  [[nodiscard]] Act column_act(bool write, std::size_t bank) const override;
  [[nodiscard]] std::int64_t column_ready(Act act, std::size_t bank) const override;
  void issued(Act act, std::size_t bank) override;

  std::vector<std::int64_t> clock_expiry_;  // by rank
};

class FastSingleBus final : public FastEngine {
 public:
  using FastEngine::FastEngine;

 private:
  void schedule() override;
};

class FastDualBus : public FastEngine {
 public:
  using FastEngine::FastEngine;

 protected:
  void schedule() override;
  void column_slot();
};

class FastHalfTick final : public FastDualBus {
 public:
  using FastDualBus::FastDualBus;

 private:
  void schedule() override;
  void rising_row_slot();
  void falling_row_slot();
  [[nodiscard]] bool conflicts_with_pair(Act act, std::size_t bank) const;
  void pair_with(Act act, std::size_t bank);

  Act pair_act_ = Act::Open;
  std::size_t pair_bank_ = 0;  // of all-bank commands: one of their banks
  std::int64_t pair_edge_ = -1;
};

class FastLpddr5 final : public FastEngine {
 public:
  using FastEngine::FastEngine;

 private:
  void schedule() override;
  [[nodiscard]] bool has_activating() const override { return activating_ != kNoSlot; }
  void activating(Slot slot) override;
  [[nodiscard]] Candidate usual();
  bool issue_refresh_if_ready();
  bool issue_act2();
  void issue_column(const Candidate& column);
  void issue_announced();
  void extend_clock(Act act);

  Slot activating_ = kNoSlot;  // no other activation begins while there is one
  std::int64_t deadline_ = 0;  // of its ACT2
  std::int64_t clock_expiry_ = -1;
  Candidate announced_;        // its CAS has issued
};

}  // namespace npu::togsim::dram
