// The order of everything: events by (time, target).
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "units.hpp"

namespace npu::togsim {

struct Event {
  Picoseconds time;
  std::uint32_t target = 0;  // whom the event wakes
};

// Who was scheduled first means nothing: a model of memory that finds a response's time late must
// not give another order than one that knows it early.
class EventQueue {
 public:
  // Throws Error when `time` lies before the latest event taken.
  void schedule(Picoseconds time, std::uint32_t target);

  [[nodiscard]] bool empty() const { return heap_.empty(); }

  // When the next event is due; kNever when there is none.
  [[nodiscard]] Picoseconds next_time() const { return heap_.empty() ? kNever : heap_.top().time; }

  // Removes and returns the next event; time advances to it.
  Event take();

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.time != b.time ? a.time > b.time : a.target > b.target;
    }
  };

  std::priority_queue<Event, std::vector<Event>, Later> heap_;
  Picoseconds now_;
};

}  // namespace npu::togsim
