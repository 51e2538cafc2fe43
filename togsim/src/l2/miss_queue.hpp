// The queue of a slice's requests to the DRAM: one leaves each network cycle.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../units.hpp"

namespace npu::togsim::l2 {

// The DRAM side always accepts, so the cycle in which a request leaves is known when it is put in.
class MissQueue {
 public:
  explicit MissQueue(std::int64_t depth) : depth_(depth) {}

  // Entries taken at cycle `now`; what leaves in that cycle has left.
  [[nodiscard]] std::int64_t size(IcntCycle now) const {
    return std::max<std::int64_t>(0, next_.n - now.n - 1);
  }
  [[nodiscard]] bool has_room(IcntCycle now, std::int64_t requests) const {
    return requests == 0 || size(now) + requests <= depth_;
  }
  // The first cycle with room for `requests` if none is put in before.
  [[nodiscard]] IcntCycle room_at(std::int64_t requests) const {
    return {next_.n - 1 - (depth_ - requests)};
  }
  // Puts a request in; returns the cycle in which it leaves, a later one. A release (Slice) may
  // put in more than the depth.
  IcntCycle push(IcntCycle now) {
    const IcntCycle leaves{std::max(now.n + 1, next_.n)};
    next_ = leaves + IcntCycle{1};
    return leaves;
  }

 private:
  std::int64_t depth_;
  IcntCycle next_{0};  // the first cycle in which nothing leaves yet
};

}  // namespace npu::togsim::l2
