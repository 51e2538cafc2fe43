#include "dram/plain/policies.hpp"

namespace npu::togsim::dram {

bool PlainDualBus::allowed(Slot slot, std::int32_t command, const Address&) const {
  return roles_.is_column(command) == (slot == Slot::Column);
}

void PlainDualBus::schedule() {
  (void)try_slot(Slot::Column);
  (void)try_slot(Slot::Row);
}

std::optional<PlainDualBus::Issued> PlainDualBus::try_slot(Slot slot) {
  std::optional<Candidate> best;
  if (slot == Slot::Column) {
    best = oldest_ready(active_, [&](const Waiting& waiting, std::int32_t command) {
      return allowed(slot, command, waiting.address);
    });
  }
  if (!best && !priority_.empty()) {
    best = refresh_if_ready();
    if (best && (closes_active(best->command, address_of(*best)) ||
                 !allowed(slot, best->command, address_of(*best)))) {
      best.reset();
    }
  } else if (!best) {
    best = oldest_ready(read_or_write_queue(), [&](const Waiting& waiting, std::int32_t command) {
      return !closes_active(command, waiting.address) && allowed(slot, command, waiting.address);
    });
  }
  if (!best) return std::nullopt;
  const Issued issued{best->command, address_of(*best)};
  issue(*best);
  return issued;
}

void PlainHalfTick::schedule() {
  const bool rising = now_ % 2 == 1;
  if (rising) (void)try_slot(Slot::Column);
  const std::optional<Issued> row = try_slot(Slot::Row);
  if (row && rising) pair_with(*row);
}

bool PlainHalfTick::allowed(Slot slot, std::int32_t command, const Address& address) const {
  if (now_ % 2 == 1) return PlainDualBus::allowed(slot, command, address);
  return slot == Slot::Row && roles_.is_closing(command) && !conflicts_with_pair(command, address);
}

// The falling edge after the last row command of a rising edge: ACT takes three half ticks.
void PlainHalfTick::pair_with(const Issued& issued) {
  pair_ = issued;
  pair_edge_ = now_ + (issued.command == roles_.act ? 3 : 1);
}

bool PlainHalfTick::conflicts_with_pair(std::int32_t command, const Address& address) const {
  if (now_ != pair_edge_ || pair_.address[1] != address[1]) return false;
  const bool all_banks = pair_.command == roles_.pre_all || pair_.command == roles_.ref;
  if (all_banks || command != roles_.pre) return true;
  return shape_.bank_of(pair_.address) == shape_.bank_of(address);
}

}  // namespace npu::togsim::dram
