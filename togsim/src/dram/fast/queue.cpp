#include "dram/fast/queue.hpp"

namespace npu::togsim::dram {

SlotPool::SlotPool(std::size_t capacity) : entries_(capacity) {
  free_.reserve(capacity);
  for (std::size_t i = capacity; i > 0; --i) free_.push_back(static_cast<Slot>(i - 1));
}

Slot SlotPool::take(const Request& request) {
  const Slot slot = free_.back();
  free_.pop_back();
  (*this)[slot].request = request;
  return slot;
}

void BankSet::add(std::size_t bank) {
  if (place_[bank] != kNone) return;
  place_[bank] = static_cast<std::uint32_t>(banks_.size());
  banks_.push_back(static_cast<std::uint32_t>(bank));
}

void BankSet::remove(std::size_t bank) {
  const std::uint32_t place = place_[bank];
  if (place == kNone) return;
  banks_[place] = banks_.back();
  place_[banks_[place]] = place;
  banks_.pop_back();
  place_[bank] = kNone;
}

bool FastQueue::holds(std::size_t bank, std::uint64_t address) const {
  for (Slot slot = banks_[bank].oldest; slot != kNoSlot; slot = pool_[slot].younger) {
    if (pool_[slot].request.address == address) return true;
  }
  return false;
}

void FastQueue::set_hit(std::size_t bank, Slot slot) {
  banks_[bank].hit = slot;
  if (slot == kNoSlot) return hits_.remove(bank);
  banks_[bank].hit_age = pool_[slot].request.accepted;
  hits_.add(bank);
}

void FastQueue::set_other(std::size_t bank, Slot slot) {
  banks_[bank].other = slot;
  if (slot == kNoSlot) return others_.remove(bank);
  banks_[bank].other_age = pool_[slot].request.accepted;
  others_.add(bank);
}

}  // namespace npu::togsim::dram
