#include "dram/fast/policies.hpp"

namespace npu::togsim::dram {

void FastLpddr5::schedule() {
  if (announced_.found()) return issue_announced();
  if (has_activating() && deadline_ <= now_ && issue_act2()) return;
  Candidate best;
  consider_active(best);
  if (!best.found() && refresh_waits()) {
    if (issue_refresh_if_ready()) return;
  } else if (!best.found()) {
    best = usual();
  }
  if (!best.found()) {
    if (has_activating()) (void)issue_act2();
    return;
  }
  const bool column = best.act == Act::Read || best.act == Act::Write;
  column ? issue_column(best) : issue(best);
}

void FastLpddr5::activating(Slot slot) {
  activating_ = slot;
  deadline_ = now_ + spec_.aad;
}

// The best of the queue. While an ACT2 is outstanding no other activation begins.
FastEngine::Candidate FastLpddr5::usual() {
  Candidate best;
  const FastQueue& queue = read_or_write_queue();
  consider_hits(queue, best);
  consider_others(queue, best, [&](Act act, std::size_t bank) {
    if (act == Act::Open) return !has_activating();
    return act == Act::Close && !is_active(bank);
  });
  return best;
}

// Issues the first refresh's next command if it may: not while one of its banks is being opened.
bool FastLpddr5::issue_refresh_if_ready() {
  if (refresh_closes_active()) return false;
  const std::size_t node = refreshing_node();
  if (has_activating() && device_.node_of(bank_of(activating_)) == node) return false;
  const Act act = refresh_act();
  const std::int64_t ready = device_.earliest_of_node(act, node);
  if (ready > now_) {
    wake(ready);
    return false;
  }
  issue_refresh(act);
  return true;
}

// The second half of the outstanding activation, if it may issue.
bool FastLpddr5::issue_act2() {
  const std::int64_t ready = device_.earliest(Act::Open2, bank_of(activating_));
  if (ready > now_) {
    wake(ready);
    return false;
  }
  const Slot slot = activating_;
  activating_ = kNoSlot;
  issue({slot, Act::Open2, pool_[slot].request.accepted});
  return true;
}

void FastLpddr5::issue_column(const Candidate& column) {
  if (spec_.wck_always_on || now_ < clock_expiry_) {
    extend_clock(column.act);
    return issue(column);
  }
  look_again();
  if (has_activating() && deadline_ <= now_ + 1) return void(issue_act2());
  const Act cas = column.act == Act::Write ? Act::CasWrite : Act::CasRead;
  if (device_.earliest(cas, bank_of(column.slot)) > now_) return;
  send({column.slot, cas, column.age});
  announced_ = column;
}

void FastLpddr5::issue_announced() {
  look_again();
  if (device_.earliest(announced_.act, bank_of(announced_.slot)) > now_) return;
  const Candidate column = announced_;
  announced_ = {};
  extend_clock(column.act);
  issue(column);
}

void FastLpddr5::extend_clock(Act act) {
  const std::int64_t ticks = act == Act::Read ? spec_.wck_read : spec_.wck_write;
  clock_expiry_ = std::max(clock_expiry_, now_ + ticks);
}

}  // namespace npu::togsim::dram
