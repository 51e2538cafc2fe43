#include "dram/fast/policies.hpp"

namespace npu::togsim::dram {

void FastDualBus::column_slot() {
  Candidate best;
  consider_active(best);
  if (!best.found() && !refresh_waits()) consider_hits(read_or_write_queue(), best);
  if (best.found()) issue(best);
}

void FastDualBus::schedule() {
  column_slot();
  if (refresh_waits()) {
    if (refresh_closes_active()) return;
    const Act act = refresh_act();
    const std::int64_t ready = device_.earliest_of_node(act, refreshing_node());
    return ready > now_ ? wake(ready) : issue_refresh(act);
  }
  Candidate best;
  consider_others(read_or_write_queue(), best,
                  [&](Act act, std::size_t bank) { return act != Act::Close || !is_active(bank); });
  if (best.found()) issue(best);
}

void FastHalfTick::schedule() {
  if (now_ % 2 == 1) {
    column_slot();
    return rising_row_slot();
  }
  wake(now_ + 1);
  falling_row_slot();
}

void FastHalfTick::rising_row_slot() {
  if (refresh_waits()) {
    if (refresh_closes_active()) return;
    const Act act = refresh_act();
    const std::size_t node = refreshing_node();
    const std::int64_t ready = device_.earliest_of_node(act, node);
    if (ready > now_) return wake(ready);
    issue_refresh(act);
    return pair_with(act, node * device_.banks_per_node());
  }
  Candidate best;
  consider_others(read_or_write_queue(), best,
                  [&](Act act, std::size_t bank) { return act != Act::Close || !is_active(bank); });
  if (!best.found()) return;
  const std::size_t bank = bank_of(best.slot);
  issue(best);
  pair_with(best.act, bank);
}

// Only precharges, and not all of them next to the row command of the rising edge.
void FastHalfTick::falling_row_slot() {
  if (refresh_waits()) {
    if (refresh_closes_active()) return;
    const Act act = refresh_act();
    const std::size_t node = refreshing_node();
    if (act == Act::Refresh || conflicts_with_pair(act, node * device_.banks_per_node())) return;
    if (device_.earliest_of_node(act, node) <= now_) issue_refresh(act);
    return;
  }
  Candidate best;
  consider_others(read_or_write_queue(), best, [&](Act act, std::size_t bank) {
    return act == Act::Close && !is_active(bank) && !conflicts_with_pair(act, bank);
  });
  if (best.found()) issue(best);
}

void FastHalfTick::pair_with(Act act, std::size_t bank) {
  pair_act_ = act;
  pair_bank_ = bank;
  pair_edge_ = now_ + (act == Act::Open ? 3 : 1);
}

bool FastHalfTick::conflicts_with_pair(Act act, std::size_t bank) const {
  if (now_ != pair_edge_ || shape_.node_of(bank, 1) != shape_.node_of(pair_bank_, 1)) return false;
  const bool one_bank_each = act == Act::Close &&
                             (pair_act_ == Act::Close || pair_act_ == Act::Open);
  return !one_bank_each || bank == pair_bank_;
}

}  // namespace npu::togsim::dram
