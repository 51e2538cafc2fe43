// A port that takes one item a cycle, the oldest waiting item first.
#pragma once

#include <cstdint>
#include <vector>

#include "units.hpp"

namespace npu::togsim {

// Items are booked in order of age, and each takes the first free cycle from its arrival on. That
// is exactly what oldest-first arbitration of a one-a-cycle port does: an item is never displaced
// by a younger one, and a younger one uses the cycles the older ones leave. So an item's cycle is
// known when it is booked, with no event for it.
class SlotCalendar {
 public:
  // Books and returns the first free cycle at `arrival` or later. `now` never decreases and no
  // later call has an arrival before it; what lies before it is forgotten.
  IcntCycle book(IcntCycle now, IcntCycle arrival);

 private:
  static constexpr std::int64_t kWordBits = 64;

  [[nodiscard]] std::uint64_t& word(std::int64_t number);
  void forget_before(std::int64_t word_number);
  void reach(std::int64_t word_number);

  std::vector<std::uint64_t> ring_ = std::vector<std::uint64_t>(4);  // size: a power of two
  std::int64_t first_word_ = 0;  // the oldest word kept; word n covers cycles from n * 64
};

}  // namespace npu::togsim
