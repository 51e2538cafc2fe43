// One slice of the L2 data cache: tags, miss registers, miss queue; no data, it only keeps time.
//
// Blocks are numbered inside the slice's channel, so that neighbours of one line meet in it. Time is
// the network's cycle. docs/l2.md holds the rules, with an example of each policy.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "miss_queue.hpp"
#include "mshr.hpp"
#include "policies.hpp"
#include "ranges.hpp"
#include "spec.hpp"
#include "tags.hpp"
#include "types.hpp"

namespace npu::togsim::l2 {

class Slice {
 public:
  // Throws Error if the geometry is none.
  explicit Slice(const Spec& spec);

  // One access, in an order of cycles. Appends to `answered` the access if its response leaves by
  // itself (a hit latency later), and to `to_dram` what it asks of the DRAM. After Stall the same
  // access must be offered again; nothing else may overtake it.
  Outcome access(IcntCycle now, std::uint64_t block, bool write, std::uint64_t id,
                 std::vector<std::uint64_t>& answered, std::vector<DramRequest>& to_dram);

  // The read of `block` came back from the DRAM. Appends to `answered` the accesses that waited.
  void fill(IcntCycle now, std::uint64_t block, std::vector<std::uint64_t>& answered,
            std::vector<DramRequest>& to_dram);

  // After Stall: the first cycle in which the access may be taken if no `fill` comes before. None
  // if only a fill can help.
  [[nodiscard]] std::optional<IcntCycle> next_offer() const { return next_offer_; }

  // Under a plan: from now on the blocks of `range` are cached ...
  void activate(BlockRange range) { active_.add(range); }
  // ... and from now on no more: what is dirty is written back, in order of blocks.
  void release(IcntCycle now, BlockRange range, std::vector<DramRequest>& to_dram);

  [[nodiscard]] SliceStats stats() const;
  // Whether no fetch is on its way.
  [[nodiscard]] bool idle() const { return mshr_.empty(); }

 private:
  // Where an access finds itself, and what it will do if nothing stands in its way.
  struct Action {
    Outcome outcome = Outcome::Hit;
    std::uint64_t sector = 0;
    std::uint64_t line = 0;
    std::uint64_t block_bit = 0;
    std::uint64_t sector_bits = 0;
    std::uint32_t slot = kNone;    // of the line
    std::uint32_t entry = kNone;   // of the sector's fetch
    std::uint32_t victim = kNone;  // line that must go
    bool allocates = false;        // a line
    bool opens = false;            // a fetch
    bool waits = false;            // for the fetch
    bool sends = false;            // its data to the DRAM
    bool stores = false;           // its data in the line
    bool drops = false;            // the sector
  };

  [[nodiscard]] Action action_of(std::uint64_t block, bool write) const;
  void plan_read(Action& action) const;
  void plan_write(Action& action) const;
  void plan_write_miss(Action& action) const;
  [[nodiscard]] std::int64_t requests_of(const Action& action) const;
  std::optional<Stall> obstacle(IcntCycle now, const Action& action);
  std::optional<Stall> queue_obstacle(IcntCycle now, std::int64_t requests);
  void account(IcntCycle now, std::optional<Stall> reason);
  void request(IcntCycle now, const Action& action, std::uint64_t block, std::uint64_t id,
               std::vector<DramRequest>& to_dram);
  void evict(IcntCycle now, std::uint32_t slot, std::vector<DramRequest>& to_dram);
  void update(const Action& action);
  void drop(const Action& action);
  void count(const Action& action, bool write);
  Outcome bypass(IcntCycle now, std::uint64_t block, bool write, std::uint64_t id,
                 std::vector<DramRequest>& to_dram);
  void forget(std::uint64_t block);
  void settle(IcntCycle now, std::uint32_t slot, std::uint64_t sector_bits, bool keep,
              std::vector<DramRequest>& to_dram);
  void write_back(IcntCycle now, const Line& line, std::uint64_t blocks,
                  std::vector<DramRequest>& to_dram);
  void release_sector(IcntCycle now, std::uint64_t block, std::vector<DramRequest>& to_dram);
  void free_if_empty(std::uint32_t slot);
  void occupy_port(IcntCycle now, std::int64_t blocks);
  [[nodiscard]] bool cached(std::uint64_t block) const;
  [[nodiscard]] std::uint64_t sector_bits(std::uint64_t block) const;

  Spec spec_;
  WriteRule write_rule_;
  WriteMissRule write_miss_rule_;
  int line_shift_;
  int sector_shift_;
  Tags tags_;
  Mshr mshr_;
  MissQueue queue_;
  ActiveRanges active_;
  IcntCycle port_free_{0};
  std::optional<Stall> stalled_;  // why the first access in line waits ...
  IcntCycle stalled_since_{0};    // ... and since when that is counted
  std::optional<IcntCycle> next_offer_;
  SliceStats stats_;
};

}  // namespace npu::togsim::l2
