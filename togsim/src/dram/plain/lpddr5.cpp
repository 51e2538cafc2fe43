#include <algorithm>

#include "dram/plain/policies.hpp"

namespace npu::togsim::dram {

// An ACT2 at its deadline comes first; then the column command that a CAS announced; then the usual
// order; and another ACT2 when nothing else can issue.
void PlainLpddr5::schedule() {
  const std::optional<Candidate> urgent = ready_act2(true);
  if (announced_) return issue_announced();
  if (urgent) return issue(*urgent);
  const std::optional<Candidate> best = usual();
  if (!best) return issue_deferred();
  if (roles_.is_column(best->command)) return issue_column(*best);
  issue(*best);
}

std::optional<PlainEngine::Candidate> PlainLpddr5::ready_act2(bool at_deadline) {
  std::optional<Candidate> best;
  const auto before = [&](std::size_t a, std::size_t b) {
    const Waiting& one = activating_[a];
    const Waiting& other = activating_[b];
    if (one.deadline != other.deadline) return one.deadline < other.deadline;
    return one.request.accepted < other.request.accepted;
  };
  for (std::size_t i = 0; i < activating_.size(); ++i) {
    if (at_deadline && activating_[i].deadline > now_) continue;
    if (!device_.ready(roles_.act2, activating_[i].address, now_)) continue;
    if (!best || before(i, best->index)) best = Candidate{&activating_, i, roles_.act2};
  }
  return best;
}

void PlainLpddr5::issue_deferred() {
  if (const std::optional<Candidate> act2 = ready_act2(false)) issue(*act2);
}

std::optional<PlainEngine::Candidate> PlainLpddr5::usual() {
  std::optional<Candidate> best =
      oldest_ready(active_, [&](const Waiting& waiting, std::int32_t command) {
        return allowed(command, waiting.address);
      });
  if (best) return best;
  if (!priority_.empty()) {
    best = refresh_if_ready();
    if (best && (closes_active(best->command, address_of(*best)) ||
                 !allowed(best->command, address_of(*best)))) {
      best.reset();
    }
    return best;
  }
  return oldest_ready(read_or_write_queue(), [&](const Waiting& waiting, std::int32_t command) {
    return !closes_active(command, waiting.address) && command != roles_.act2 &&
           allowed(command, waiting.address);
  });
}

// While an ACT2 is outstanding no other activation begins, and its bank is not closed.
bool PlainLpddr5::allowed(std::int32_t command, const Address& address) const {
  if (activating_.empty() || roles_.is_column(command)) return true;
  if (command == roles_.act) return false;
  return std::none_of(activating_.begin(), activating_.end(), [&](const Waiting& waiting) {
    const auto bank = static_cast<std::size_t>(waiting.request.bank);
    return device_.matches(shape_.bank_level(), bank, address);
  });
}

// With the data clock off, the CAS now and the column command in the next tick; unless an ACT2
// would then miss its deadline, and goes first.
void PlainLpddr5::issue_column(const Candidate& column) {
  const Waiting& waiting = (*column.queue)[column.index];
  const auto bank = static_cast<std::size_t>(waiting.request.bank);
  if (!device_.clock_expired(bank, now_)) {
    device_.extend_clock(column.command, now_);
    return issue(column);
  }
  for (const Waiting& other : activating_) {
    if (other.deadline <= now_ + 1) return issue_deferred();
  }
  const std::int32_t cas = waiting.request.write ? roles_.cas_wr : roles_.cas_rd;
  if (!device_.ready(cas, waiting.address, now_)) return;
  record(cas, waiting.request);
  device_.issue(cas, waiting.address, now_);
  announced_ = column;
}

void PlainLpddr5::issue_announced() {
  const Candidate column = *announced_;
  if (!device_.ready(column.command, address_of(column), now_)) return;
  device_.extend_clock(column.command, now_);
  announced_.reset();
  issue(column);
}

}  // namespace npu::togsim::dram
