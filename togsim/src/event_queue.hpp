// The order of everything: events by (time, sequence number).
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "units.hpp"

namespace npu::togsim {

struct Event {
  Picoseconds time;
  std::uint64_t sequence = 0;  // order of scheduling: first scheduled, first served
  std::uint32_t target = 0;    // whom the event wakes
};

class EventQueue {
 public:
  // Throws Error when `time` lies before the latest event taken.
  void schedule(Picoseconds time, std::uint32_t target);

  [[nodiscard]] bool empty() const { return heap_.empty(); }

  // Removes and returns the next event; time advances to it.
  Event take();

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
    }
  };

  std::priority_queue<Event, std::vector<Event>, Later> heap_;
  Picoseconds now_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace npu::togsim
