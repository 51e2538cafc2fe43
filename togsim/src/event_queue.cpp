#include "event_queue.hpp"

#include <string>

#include "error.hpp"

namespace npu::togsim {

void EventQueue::schedule(Picoseconds time, std::uint32_t target) {
  if (time < now_) {
    throw Error("an event was scheduled at " + std::to_string(time.n) + " ps, before now (" +
                std::to_string(now_.n) + " ps)");
  }
  heap_.push({time, target});
}

Event EventQueue::take() {
  const Event event = heap_.top();
  heap_.pop();
  now_ = event.time;
  return event;
}

}  // namespace npu::togsim
