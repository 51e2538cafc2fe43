#include "dram/fast/policies.hpp"

namespace npu::togsim::dram {

void FastGeneric::schedule() {
  Candidate best;
  consider_active(best);
  if (best.found()) return issue(best);
  if (refresh_waits()) {
    const Act act = refresh_act();
    const std::int64_t ready = device_.earliest_of_node(act, refreshing_node());
    if (ready > now_) return wake(ready);
    if (refresh_closes_active()) return look_again();
    return issue_refresh(act);
  }
  const FastQueue& queue = read_or_write_queue();
  consider_hits(queue, best);
  consider_others(queue, best, [](Act, std::size_t) { return true; });
  if (!best.found()) return;
  if (best.act == Act::Close && is_active(bank_of(best.slot))) return look_again();
  issue(best);
}

FastGenericLpddr5::FastGenericLpddr5(const Spec& spec, bool log_commands)
    : FastGeneric(spec, log_commands), clock_expiry_(shape_.nodes(1), -1) {}

Act FastGenericLpddr5::column_act(bool write, std::size_t bank) const {
  if (!spec_.wck_always_on && now_ >= clock_expiry_[shape_.node_of(bank, 1)]) {
    return write ? Act::CasWrite : Act::CasRead;
  }
  return write ? Act::Write : Act::Read;
}

// A column command that is not ready becomes a CAS when the clock expires.
std::int64_t FastGenericLpddr5::column_ready(Act act, std::size_t bank) const {
  const std::int64_t ready = device_.earliest(act, bank);
  const std::int64_t expiry = clock_expiry_[shape_.node_of(bank, 1)];
  return ready > now_ && expiry > now_ ? std::min(ready, expiry) : ready;
}

void FastGenericLpddr5::issued(Act act, std::size_t bank) {
  std::int64_t& expiry = clock_expiry_[shape_.node_of(bank, 1)];
  if (act == Act::CasRead) expiry = now_ + spec_.wck_read + 1;
  if (act == Act::CasWrite) expiry = now_ + spec_.wck_write + 1;
  if (act == Act::Read) expiry = now_ + spec_.wck_read;
  if (act == Act::Write) expiry = now_ + spec_.wck_write;
}

}  // namespace npu::togsim::dram
