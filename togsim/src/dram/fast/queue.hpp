// A read or write queue by bank: of each bank, the requests in order of age, the oldest that finds
// its row open (hit), and the oldest that does not (other). All requests of a bank that need the
// same command may issue it at the same tick, so no other request is ever the oldest ready one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dram/engine.hpp"

namespace npu::togsim::dram {

using Slot = std::int32_t;
constexpr Slot kNoSlot = -1;

// Where requests stand while they are in a controller. Slots are reused; none is ever allocated late.
class SlotPool {
 public:
  struct Entry {
    Request request;
    Slot older = kNoSlot;    // in the list of its bank
    Slot younger = kNoSlot;
  };

  explicit SlotPool(std::size_t capacity);
  Slot take(const Request& request);
  void give_back(Slot slot) { free_.push_back(slot); }
  Entry& operator[](Slot slot) { return entries_[static_cast<std::size_t>(slot)]; }
  const Entry& operator[](Slot slot) const { return entries_[static_cast<std::size_t>(slot)]; }

 private:
  std::vector<Entry> entries_;
  std::vector<Slot> free_;
};

// A set of banks that is quick to walk. Its order depends on its history, but is never asked for:
// who takes the oldest of it finds one answer.
class BankSet {
 public:
  explicit BankSet(std::size_t banks) : place_(banks, kNone) {}

  void add(std::size_t bank);
  void remove(std::size_t bank);
  [[nodiscard]] auto begin() const { return banks_.begin(); }
  [[nodiscard]] auto end() const { return banks_.end(); }
  [[nodiscard]] bool empty() const { return banks_.empty(); }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<std::uint32_t> banks_;
  std::vector<std::uint32_t> place_;  // of each bank in banks_
};

class FastQueue {
 public:
  FastQueue(SlotPool& pool, std::size_t banks) : pool_(pool), banks_(banks), hits_(banks),
                                                 others_(banks) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // `is_hit(row)` tells whether the bank's open row is this one.
  template <class IsHit>
  void append(Slot slot, IsHit is_hit);
  template <class IsHit>
  void remove(Slot slot, IsHit is_hit);
  // The bank's row was opened or closed.
  template <class IsHit>
  void row_changed(std::size_t bank, IsHit is_hit);

  [[nodiscard]] const BankSet& hits() const { return hits_; }
  [[nodiscard]] const BankSet& others() const { return others_; }
  [[nodiscard]] Slot hit(std::size_t bank) const { return banks_[bank].hit; }
  [[nodiscard]] Slot other(std::size_t bank) const { return banks_[bank].other; }
  [[nodiscard]] std::int64_t hit_age(std::size_t bank) const { return banks_[bank].hit_age; }
  [[nodiscard]] std::int64_t other_age(std::size_t bank) const { return banks_[bank].other_age; }
  // Whether a request for exactly this address waits in the bank.
  [[nodiscard]] bool holds(std::size_t bank, std::uint64_t address) const;

 private:
  struct Bank {
    Slot oldest = kNoSlot;
    Slot youngest = kNoSlot;
    Slot hit = kNoSlot;
    Slot other = kNoSlot;
    std::int64_t hit_age = 0;    // when it was accepted
    std::int64_t other_age = 0;
  };

  template <class Accepts>
  [[nodiscard]] Slot first_from(Slot slot, Accepts accepts) const {
    while (slot != kNoSlot && !accepts(pool_[slot].request.row)) slot = pool_[slot].younger;
    return slot;
  }
  void set_hit(std::size_t bank, Slot slot);
  void set_other(std::size_t bank, Slot slot);

  SlotPool& pool_;
  std::vector<Bank> banks_;
  BankSet hits_;
  BankSet others_;
  std::size_t size_ = 0;
};

template <class IsHit>
void FastQueue::append(Slot slot, IsHit is_hit) {
  SlotPool::Entry& entry = pool_[slot];
  const auto bank = static_cast<std::size_t>(entry.request.bank);
  Bank& list = banks_[bank];
  entry.older = list.youngest;
  entry.younger = kNoSlot;
  if (list.youngest == kNoSlot) list.oldest = slot;
  else pool_[list.youngest].younger = slot;
  list.youngest = slot;
  ++size_;
  if (is_hit(entry.request.row)) {
    if (list.hit == kNoSlot) set_hit(bank, slot);
  } else if (list.other == kNoSlot) {
    set_other(bank, slot);
  }
}

template <class IsHit>
void FastQueue::remove(Slot slot, IsHit is_hit) {
  const SlotPool::Entry& entry = pool_[slot];
  const auto bank = static_cast<std::size_t>(entry.request.bank);
  Bank& list = banks_[bank];
  if (list.hit == slot) set_hit(bank, first_from(entry.younger, is_hit));
  if (list.other == slot) {
    set_other(bank, first_from(entry.younger, [&](std::int32_t row) { return !is_hit(row); }));
  }
  if (entry.older == kNoSlot) list.oldest = entry.younger;
  else pool_[entry.older].younger = entry.younger;
  if (entry.younger == kNoSlot) list.youngest = entry.older;
  else pool_[entry.younger].older = entry.older;
  --size_;
}

template <class IsHit>
void FastQueue::row_changed(std::size_t bank, IsHit is_hit) {
  const Slot oldest = banks_[bank].oldest;
  if (oldest == kNoSlot) return;
  set_hit(bank, first_from(oldest, is_hit));
  set_other(bank, first_from(oldest, [&](std::int32_t row) { return !is_hit(row); }));
}

}  // namespace npu::togsim::dram
