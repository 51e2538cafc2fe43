#include "core/slot_calendar.hpp"

#include <algorithm>
#include <bit>

namespace npu::togsim {

std::uint64_t& SlotCalendar::word(std::int64_t number) {
  return ring_[static_cast<std::size_t>(number) & (ring_.size() - 1)];
}

// Clears the words that go out of the ring so that they can stand for later cycles.
void SlotCalendar::forget_before(std::int64_t word_number) {
  const std::int64_t kept = static_cast<std::int64_t>(ring_.size());
  const std::int64_t clear_to = std::min(word_number, first_word_ + kept);
  for (std::int64_t n = first_word_; n < clear_to; ++n) word(n) = 0;
  first_word_ = std::max(first_word_, word_number);
}

// Grows the ring until it covers `word_number`.
void SlotCalendar::reach(std::int64_t word_number) {
  if (word_number - first_word_ < static_cast<std::int64_t>(ring_.size())) return;
  const std::vector<std::uint64_t> old = ring_;
  const auto needed = static_cast<std::size_t>(word_number - first_word_ + 1);
  ring_.assign(std::bit_ceil(needed), 0);
  for (std::int64_t n = first_word_; n < first_word_ + static_cast<std::int64_t>(old.size()); ++n) {
    word(n) = old[static_cast<std::size_t>(n) & (old.size() - 1)];
  }
}

IcntCycle SlotCalendar::book(IcntCycle now, IcntCycle arrival) {
  forget_before(now.n / kWordBits);
  std::int64_t number = arrival.n / kWordBits;
  std::uint64_t from = ~std::uint64_t{0} << (arrival.n % kWordBits);
  reach(number);
  std::uint64_t open = ~word(number) & from;
  while (open == 0) {
    reach(++number);
    open = ~word(number);
  }
  const int bit = std::countr_zero(open);
  word(number) |= std::uint64_t{1} << bit;
  return {number * kWordBits + bit};
}

}  // namespace npu::togsim
