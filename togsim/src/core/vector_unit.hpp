// The vector unit of a core: one tile function at a time, in order.
#pragma once

#include <deque>

#include "core/agenda.hpp"
#include "core/instruction.hpp"
#include "limits.hpp"
#include "stats.hpp"

namespace npu::togsim {

class VectorUnit {
 public:
  [[nodiscard]] bool accepts() const { return queue_.size() < kUnitQueueDepth; }
  void dispatch(InstructionId id) { queue_.push_back(id); }

  // Starts the next function if it can at `now`; true when it did.
  bool start(CoreCycle now, Window& window, Agenda& agenda) {
    if (busy_ || queue_.empty() || !window[queue_.front()].ready()) return false;
    const InstructionId id = queue_.front();
    queue_.pop_front();
    busy_ = true;
    window[id].started = now;
    const CoreCycle end = now + CoreCycle{window[id].cycles};
    agenda.add(now, end, window[id].number, id, Phase::ReadsDone);
    agenda.add(now, end, window[id].number, id, Phase::Complete);
    return true;
  }

  // A tile function has passed `phase`.
  void pass(Phase phase) { busy_ = busy_ && phase != Phase::Complete; }

  // What it does, or what its next function waits for; `behind` tells of those not dispatched yet.
  [[nodiscard]] VectorState state(const Window& window, Behind behind) const {
    if (busy_) return VectorState::Active;
    if (!queue_.empty()) {
      const bool transfer = window[queue_.front()].needs(Need::Transfer);
      return transfer ? VectorState::WaitingDma : VectorState::WaitingDependency;
    }
    if (behind == Behind::Wait) return VectorState::WaitingDma;
    return behind == Behind::Others ? VectorState::WaitingDispatch : VectorState::Idle;
  }

 private:
  std::deque<InstructionId> queue_;
  bool busy_ = false;
};

}  // namespace npu::togsim
