// Miss status holding registers: the sectors on their way from the DRAM, and who waits for them.
#pragma once

#include <cstdint>
#include <vector>

#include "index_map.hpp"
#include "spec.hpp"

namespace npu::togsim::l2 {

class Mshr {
 public:
  explicit Mshr(const Spec& spec);

  [[nodiscard]] std::uint32_t find(std::uint64_t sector) const { return open_.find(sector); }
  [[nodiscard]] bool full() const { return in_use_ == entries_; }
  [[nodiscard]] bool merged_full(std::uint32_t entry) const;
  [[nodiscard]] bool dropped(std::uint32_t entry) const { return table_[entry].dropped; }
  [[nodiscard]] bool empty() const { return in_use_ == 0; }

  // A new entry for a sector that is fetched by `blocks` requests; must not be full.
  std::uint32_t open(std::uint64_t sector, std::int64_t blocks);
  // The access that opened the entry waits for it.
  void wait(std::uint32_t entry, std::uint64_t id);
  // A later access waits too.
  void join(std::uint32_t entry, std::uint64_t id);
  // The sector is not to be kept when it arrives.
  void drop(std::uint32_t entry) { table_[entry].dropped = true; }
  // One of its blocks arrived; true if that was the last one.
  bool arrived(std::uint32_t entry) { return --table_[entry].blocks_left == 0; }
  // Ends the entry; appends those that waited, in order.
  void close(std::uint32_t entry, std::vector<std::uint64_t>& waited);

 private:
  struct Entry {
    std::uint64_t sector = 0;
    std::int64_t blocks_left = 0;
    std::int64_t accesses = 1;  // the one that opened it counts, also if it does not wait
    std::uint32_t first = kNone;  // of `waiters_`
    std::uint32_t last = kNone;
    bool dropped = false;
  };
  struct Waiter {
    std::uint64_t id;
    std::uint32_t next;
  };

  std::int64_t entries_;
  std::int64_t merges_;
  std::int64_t in_use_ = 0;
  IndexMap open_;
  std::vector<Entry> table_;
  std::vector<Waiter> waiters_;
  std::vector<std::uint32_t> unused_entries_;
  std::vector<std::uint32_t> unused_waiters_;
};

}  // namespace npu::togsim::l2
