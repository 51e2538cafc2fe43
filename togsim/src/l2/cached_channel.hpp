// A DRAM channel with its L2 slice in front: time passes through both, event by event.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "memory/clock_crossing.hpp"
#include "memory/dram/channel.hpp"
#include "../listening.hpp"
#include "memory/requests.hpp"
#include "slice.hpp"

namespace npu::togsim::l2 {

// A network cycle is: what the DRAM returns fills the slice; changes of the plan; then one access is offered,
// the first in line. A request that the slice makes in cycle n leaves in n + 1 at the earliest, and
// reaches the DRAM at the first of its edges at or after that. Answers of the slice itself leave a
// hit latency after their access; what waited for the DRAM leaves in the cycle of the fill.
class CachedChannel {
 public:
  // `plain` offers a refused access in every cycle; otherwise only when the slice may take it.
  CachedChannel(const Spec& spec, std::int64_t hit_latency, const ClockCrossing& crossing,
                std::unique_ptr<DramChannel> dram, bool plain);

  // As of MemoryChannel: a request for a block of the channel leaves the network in `reached`.
  void accept(IcntCycle reached, std::uint64_t block, bool write, RequestId id);
  // Simulates the cycles before `until`; appends all answers that return at `until` or before, in
  // order of their times.
  void advance(IcntCycle until, std::vector<Answer>& out);
  // No answer returns before this cycle unless a request is accepted.
  [[nodiscard]] IcntCycle next() const;
  // Nothing waits, and nothing is on its way.
  [[nodiscard]] bool idle() const;

  // Under a plan: the blocks of a range, numbered in the channel, are cached from `cycle` on, or
  // released; the cycle must not be simulated yet.
  void set_cached(IcntCycle cycle, BlockRange range, bool cached);

  [[nodiscard]] const ClockCrossing& crossing() const { return crossing_; }
  [[nodiscard]] const Slice& slice() const { return slice_; }
  [[nodiscard]] const DramChannel& dram() const { return *dram_; }

 private:
  struct Access {
    IcntCycle reached;
    std::uint64_t block;
    bool write;
    RequestId id;
  };
  struct Change {
    IcntCycle cycle;
    BlockRange range;
    bool cached;
  };
  struct Returned {
    IcntCycle cycle;
    dram::Completion served;
  };

  [[nodiscard]] std::optional<IcntCycle> next_fill() const;
  [[nodiscard]] std::optional<IcntCycle> next_offer() const;
  [[nodiscard]] std::optional<IcntCycle> next_event() const;
  void run_dram(IcntCycle until);
  void take_returned(IcntCycle now, std::vector<Answer>& out);
  void take(const Returned& returned, std::vector<Answer>& out);
  void run_changes(IcntCycle now);
  void offer(IcntCycle now);
  void send();
  void flush_hits(IcntCycle until, std::vector<Answer>& out);

  Slice slice_;
  IcntCycle hit_latency_;
  ClockCrossing crossing_;
  std::unique_ptr<DramChannel> dram_;
  bool plain_;
  std::deque<Access> line_;       // accesses, in order
  std::deque<Change> changes_;    // of the plan
  std::deque<Returned> returned_; // from the DRAM, not yet in the slice
  std::deque<Answer> hits_;       // answers whose time has not come
  bool refused_ = false;          // the first in line was
  std::optional<IcntCycle> retry_; // when it is offered again if nothing is filled
  IcntCycle port_{0};             // the first cycle with no access yet
  IcntCycle known_{-1};           // all is known that the DRAM returns up to here
  std::vector<DramCycle> reached_; // of each request
  std::vector<std::uint64_t> answered_;  // these three are kept for their memory
  std::vector<DramRequest> to_dram_;
  std::vector<dram::Completion> completions_;
  Turns turns_;
};

}  // namespace npu::togsim::l2
