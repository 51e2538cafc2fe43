#include "mshr.hpp"

namespace npu::togsim::l2 {
namespace {

// A free index of `pool`: one that was given back, or a new one.
template <class Item>
std::uint32_t take(std::vector<Item>& pool, std::vector<std::uint32_t>& unused, const Item& item) {
  if (unused.empty()) {
    pool.push_back(item);
    return static_cast<std::uint32_t>(pool.size() - 1);
  }
  const std::uint32_t index = unused.back();
  unused.pop_back();
  pool[index] = item;
  return index;
}

}  // namespace

Mshr::Mshr(const Spec& spec) : entries_(spec.mshr_entries), merges_(spec.mshr_merges) {}

bool Mshr::merged_full(std::uint32_t entry) const { return table_[entry].accesses >= merges_; }

std::uint32_t Mshr::open(std::uint64_t sector, std::int64_t blocks) {
  const std::uint32_t entry =
      take(table_, unused_entries_, Entry{.sector = sector, .blocks_left = blocks});
  open_.insert(sector, entry);
  ++in_use_;
  return entry;
}

void Mshr::wait(std::uint32_t entry, std::uint64_t id) {
  const std::uint32_t waiter = take(waiters_, unused_waiters_, Waiter{id, kNone});
  Entry& e = table_[entry];
  (e.last == kNone ? e.first : waiters_[e.last].next) = waiter;
  e.last = waiter;
}

void Mshr::join(std::uint32_t entry, std::uint64_t id) {
  ++table_[entry].accesses;
  wait(entry, id);
}

void Mshr::close(std::uint32_t entry, std::vector<std::uint64_t>& waited) {
  for (std::uint32_t at = table_[entry].first; at != kNone; at = waiters_[at].next) {
    waited.push_back(waiters_[at].id);
    unused_waiters_.push_back(at);
  }
  open_.erase(table_[entry].sector);
  unused_entries_.push_back(entry);
  --in_use_;
}

}  // namespace npu::togsim::l2
