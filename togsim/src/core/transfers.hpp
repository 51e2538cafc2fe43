// The DMA transfers on their way through the memory system, and the way of their last response.
#pragma once

#include <cstdint>
#include <vector>

#include "core/instruction.hpp"
#include "memory/network/traffic.hpp"
#include "units.hpp"

namespace npu::togsim {

using TransferId = std::uint32_t;  // place in the pool; used again after completion

// One request's way from its port to a channel and back. Each moment is that or the one before, in
// the clock of the part that it passes.
struct Timeline {
  std::uint64_t age = 0;        // how many requests of all cores were injected before it
  IcntCycle injected;           // left the core
  IcntCycle reached;            // left the network at its channel
  DramCycle arrived;            // offered to the DRAM: the first cycle at or after `reached`
  DramCycle accepted;           // entered a queue of the controller
  DramCycle first_command;      // the first command issued for it
  DramCycle column;             // its read or write command
  DramCycle data;               // its last data, or the acknowledgement of a write
  IcntCycle returned;           // the response entered the network
  IcntCycle back;               // the response was accepted by the port
  // DRAM cycles from `arrived` to `column` that a refresh took, that opening the row took, and that
  // the data bus and other commands took; the rest is the queue.
  std::int64_t refresh_wait = 0;
  std::int64_t bank_wait = 0;
  std::int64_t column_wait = 0;
  bool dram = true;             // false: a cache answered, the DRAM moments mean nothing

  bool operator==(const Timeline&) const = default;
};

// A transfer whose requests are all answered.
struct CompletedTransfer {
  std::uint32_t core = 0;
  InstructionId instruction = 0;
  bool empty = true;            // it had no request at all
  Timeline last;                // of the response that came back last
};

class Transfers {
 public:
  // Counts deliveries in periods of so many network cycles; 0 = not at all.
  explicit Transfers(std::int64_t period = 0) : traffic_(period) {}

  TransferId open(std::uint32_t core, InstructionId instruction, std::uint32_t partition);

  // A request has been sent, or one has been answered.
  void sent(TransferId id) {
    ++pool_[id].unanswered;
    ++unanswered_;
  }
  void answered(TransferId id) {
    --unanswered_;
    if (--pool_[id].unanswered == 0 && pool_[id].closed) complete(id);
  }

  // Whether a response that is back in `back`, to a request of this age, is the last one so far; if
  // it is, its way is told before answered(). Of responses that come back in one cycle the one to
  // the youngest request counts as the last, so that the order in which a memory model finds them
  // means nothing.
  [[nodiscard]] bool is_last(TransferId id, IcntCycle back, std::uint64_t age) const {
    const CompletedTransfer& completed = pool_[id].completed;
    const Timeline& last = completed.last;
    return completed.empty || back > last.back || (back == last.back && age > last.age);
  }
  void set_last(TransferId id, const Timeline& timeline) {
    pool_[id].completed.last = timeline;
    pool_[id].completed.empty = false;
  }

  // A request reached its channel and its response was accepted in these cycles.
  void count_delivery(IcntCycle reached, IcntCycle back, bool write) {
    traffic_.request(reached, write);
    traffic_.response(back, write);
  }

  // No more requests will be sent.
  void close(TransferId id);

  [[nodiscard]] std::uint32_t core(TransferId id) const { return pool_[id].completed.core; }
  [[nodiscard]] std::uint32_t partition(TransferId id) const { return pool_[id].partition; }
  [[nodiscard]] std::int64_t unanswered() const { return unanswered_; }
  [[nodiscard]] const NetworkTraffic& traffic() const { return traffic_.traffic(); }

  // Those completed since the last clear(), in no order that means anything.
  [[nodiscard]] const std::vector<CompletedTransfer>& completed() const { return completed_; }
  void clear_completed() { completed_.clear(); }

 private:
  struct Transfer {
    CompletedTransfer completed;
    std::uint32_t partition = 0;
    std::int64_t unanswered = 0;
    bool closed = false;
  };

  void complete(TransferId id);

  TrafficCounter traffic_;
  std::vector<Transfer> pool_;
  std::vector<TransferId> free_;
  std::vector<CompletedTransfer> completed_;
  std::int64_t unanswered_ = 0;
};

}  // namespace npu::togsim
