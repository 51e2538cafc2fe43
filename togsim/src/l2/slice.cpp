#include "slice.hpp"

#include <algorithm>
#include <bit>

#include "../error.hpp"

namespace npu::togsim::l2 {
namespace {

bool power_of_two(std::int64_t n) {
  return n > 0 && std::has_single_bit(static_cast<std::uint64_t>(n));
}

int shift_of(std::int64_t n) { return std::countr_zero(static_cast<std::uint64_t>(n)); }

const Spec& checked(const Spec& spec) {
  const bool shaped = power_of_two(spec.sets) && spec.ways > 0 && power_of_two(spec.line_blocks) &&
                      power_of_two(spec.sector_blocks) && spec.line_blocks <= 64 &&
                      spec.sector_blocks <= spec.line_blocks;
  const bool sized = spec.block_bytes > 0 && spec.port_bytes > 0 && spec.mshr_entries > 0 &&
                     spec.mshr_merges > 0 && spec.miss_queue > 0;
  if (!shaped || !sized) throw Error("l2: the geometry of the slice is none");
  return spec;
}

}  // namespace

Slice::Slice(const Spec& spec)
    : spec_(checked(spec)), write_rule_(rule_of(spec.write)),
      write_miss_rule_(rule_of(spec.write_allocate)), line_shift_(shift_of(spec.line_blocks)),
      sector_shift_(shift_of(spec.sector_blocks)), tags_(spec), mshr_(spec),
      queue_(spec.miss_queue) {}

Outcome Slice::access(IcntCycle now, std::uint64_t block, bool write, std::uint64_t id,
                      std::vector<std::uint64_t>& answered, std::vector<DramRequest>& to_dram) {
  if (!cached(block) || (write && write_rule_.passes_by)) {
    return bypass(now, block, write, id, to_dram);
  }
  Action action = action_of(block, write);
  const std::optional<Stall> reason = obstacle(now, action);
  account(now, reason);
  if (reason) return Outcome::Stall;
  if (action.outcome == Outcome::Hit) occupy_port(now, 1);
  if (action.opens) {
    action.entry = mshr_.open(action.sector, spec_.sector_blocks);
    if (action.waits) mshr_.wait(action.entry, id);
  } else if (action.waits) {
    mshr_.join(action.entry, id);
  }
  request(now, action, block, id, to_dram);
  if (action.victim != kNone) evict(now, action.victim, to_dram);
  if (action.allocates) action.slot = tags_.allocate(action.line);
  update(action);
  count(action, write);
  if (!action.waits && !action.sends) answered.push_back(id);
  return action.outcome;
}

Slice::Action Slice::action_of(std::uint64_t block, bool write) const {
  Action action;
  action.sector = block >> sector_shift_;
  action.line = block >> line_shift_;
  action.block_bit = std::uint64_t{1} << (block & static_cast<std::uint64_t>(spec_.line_blocks - 1));
  action.sector_bits = sector_bits(block);
  action.slot = tags_.find(action.line);
  action.entry = mshr_.find(action.sector);
  write ? plan_write(action) : plan_read(action);
  if (action.allocates && !tags_.has_room(action.line)) action.victim = tags_.victim(action.line);
  return action;
}

void Slice::plan_read(Action& action) const {
  const bool line = action.slot != kNone;
  if (action.entry != kNone) {
    action.outcome = Outcome::HitReserved;
    action.waits = true;
  } else if (line && (~tags_[action.slot].present & action.sector_bits) == 0) {
    action.outcome = Outcome::Hit;
  } else {
    action.outcome = line ? Outcome::SectorMiss : Outcome::Miss;
    action.opens = action.waits = true;
    action.allocates = !line && spec_.allocation == Allocation::OnMiss;
  }
}

void Slice::plan_write(Action& action) const {
  const bool line = action.slot != kNone;
  const bool reserved = action.entry != kNone;
  if (!reserved && !(line && (tags_[action.slot].present & action.sector_bits) != 0)) {
    plan_write_miss(action);
    return;
  }
  action.outcome = reserved ? Outcome::HitReserved : Outcome::Hit;
  action.sends = write_rule_.to_dram;
  action.stores = write_rule_.keeps && line;
  action.drops = !write_rule_.keeps;
  // A write that is fetched for waits for the fetch, also if an older access started it.
  action.waits = reserved && !action.sends && write_miss_rule_.only_partial &&
                 spec_.sector_blocks > 1;
}

void Slice::plan_write_miss(Action& action) const {
  const bool line = action.slot != kNone;
  const bool covered = action.block_bit == action.sector_bits;
  const WriteMissRule& rule = write_miss_rule_;
  action.outcome = line ? Outcome::SectorMiss : Outcome::Miss;
  action.sends = rule.to_dram || write_rule_.to_dram;
  action.stores = rule.installs;
  action.opens = rule.fetches && !(rule.only_partial && covered);
  action.waits = action.opens && !action.sends;
  action.allocates = !line && (rule.installs || rule.fetches) &&
                     spec_.allocation == Allocation::OnMiss;
}

std::int64_t Slice::requests_of(const Action& action) const {
  std::int64_t requests = (action.sends ? 1 : 0) + (action.opens ? spec_.sector_blocks : 0);
  if (action.victim != kNone) {
    const Line& line = tags_[action.victim];
    requests += std::popcount(line.dirty & line.present);
  }
  return requests;
}

// The first reason, in this order, for which the access cannot be taken now.
std::optional<Stall> Slice::obstacle(IcntCycle now, const Action& action) {
  next_offer_.reset();
  if (now < port_free_) {
    next_offer_ = port_free_;
    return Stall::Port;
  }
  if (action.allocates && action.victim == kNone && !tags_.has_room(action.line)) {
    return Stall::Line;
  }
  if (action.opens && mshr_.full()) return Stall::MshrEntry;
  if (action.waits && !action.opens && mshr_.merged_full(action.entry)) return Stall::MshrMerge;
  return queue_obstacle(now, requests_of(action));
}

std::optional<Stall> Slice::queue_obstacle(IcntCycle now, std::int64_t requests) {
  if (queue_.has_room(now, requests)) return std::nullopt;
  next_offer_ = queue_.room_at(requests);
  return Stall::MissQueue;
}

// Counts the cycles from one offer of a refused access to the next, so that it does not matter how
// often it is offered in between.
void Slice::account(IcntCycle now, std::optional<Stall> reason) {
  if (stalled_) {
    stats_.stall_cycles[static_cast<std::size_t>(*stalled_)] += now.n - stalled_since_.n;
  }
  stalled_ = reason;
  stalled_since_ = now;
}

void Slice::request(IcntCycle now, const Action& action, std::uint64_t block, std::uint64_t id,
                    std::vector<DramRequest>& to_dram) {
  if (action.sends) {
    to_dram.push_back({block, Purpose::Write, id, queue_.push(now)});
    ++stats_.writes_through;
  }
  if (!action.opens) return;
  const std::uint64_t first = action.sector << sector_shift_;
  for (std::int64_t i = 0; i < spec_.sector_blocks; ++i) {
    const std::uint64_t wanted = first + static_cast<std::uint64_t>(i);
    to_dram.push_back({wanted, Purpose::Fetch, 0, queue_.push(now)});
  }
  stats_.fetches += spec_.sector_blocks;
}

void Slice::evict(IcntCycle now, std::uint32_t slot, std::vector<DramRequest>& to_dram) {
  const Line& line = tags_[slot];
  const std::uint64_t owed = line.dirty & line.present;
  write_back(now, line, owed, to_dram);
  if (owed != 0) occupy_port(now, std::popcount(owed));
  ++stats_.evictions;
  tags_.free(slot);
}

void Slice::update(const Action& action) {
  if (action.slot != kNone) {
    if (!action.allocates) tags_.touch(action.slot);
    Line& line = tags_[action.slot];
    if (action.opens && spec_.allocation == Allocation::OnMiss) line.pending |= action.sector_bits;
    if (action.stores) line.present |= action.block_bit;
    if (action.stores && !action.sends) line.dirty |= action.sector_bits;
  }
  if (action.drops) drop(action);
}

void Slice::drop(const Action& action) {
  if (action.entry != kNone) mshr_.drop(action.entry);
  if (action.slot == kNone) return;
  Line& line = tags_[action.slot];
  if ((line.present & action.sector_bits) != 0) ++stats_.dropped_sectors;
  line.present &= ~action.sector_bits;
  free_if_empty(action.slot);
}

void Slice::count(const Action& action, bool write) {
  AccessStats& stats = write ? stats_.writes : stats_.reads;
  switch (action.outcome) {
    case Outcome::Hit: ++stats.hits; break;
    case Outcome::HitReserved: ++stats.hits_reserved; break;
    case Outcome::Miss: ++stats.misses; break;
    case Outcome::SectorMiss: ++stats.sector_misses; break;
    case Outcome::Stall:
    case Outcome::Bypass: break;
  }
}

// What passes by takes its place in the miss queue, and nothing else.
Outcome Slice::bypass(IcntCycle now, std::uint64_t block, bool write, std::uint64_t id,
                      std::vector<DramRequest>& to_dram) {
  next_offer_.reset();
  const std::optional<Stall> reason = queue_obstacle(now, 1);
  account(now, reason);
  if (reason) return Outcome::Stall;
  ++(write ? stats_.writes : stats_.reads).bypassed;
  to_dram.push_back({block, write ? Purpose::Write : Purpose::Read, id, queue_.push(now)});
  if (write && cached(block)) forget(block);
  return Outcome::Bypass;
}

// A write that passes by must not leave an old copy behind.
void Slice::forget(std::uint64_t block) {
  Action action;
  action.sector_bits = sector_bits(block);
  action.slot = tags_.find(block >> line_shift_);
  action.entry = mshr_.find(block >> sector_shift_);
  drop(action);
}

void Slice::fill(IcntCycle now, std::uint64_t block, std::vector<std::uint64_t>& answered,
                 std::vector<DramRequest>& to_dram) {
  const std::uint32_t entry = mshr_.find(block >> sector_shift_);
  if (entry == kNone) throw Error("l2: a fill that nobody asked for");
  if (!mshr_.arrived(entry)) return;
  ++stats_.fills;
  const bool keep = !mshr_.dropped(entry) && cached(block);
  const std::uint64_t line = block >> line_shift_;
  std::uint32_t slot = tags_.find(line);
  if (slot == kNone && keep) {  // allocation on fill; no line of the set is reserved
    if (!tags_.has_room(line)) evict(now, tags_.victim(line), to_dram);
    slot = tags_.allocate(line);
  }
  mshr_.close(entry, answered);
  if (slot != kNone) settle(now, slot, sector_bits(block), keep, to_dram);
}

// A sector has arrived: it is there, or it goes at once.
void Slice::settle(IcntCycle now, std::uint32_t slot, std::uint64_t bits, bool keep,
                   std::vector<DramRequest>& to_dram) {
  Line& line = tags_[slot];
  line.pending &= ~bits;
  if (keep) {
    line.present |= bits;
    return;
  }
  write_back(now, line, line.dirty & bits, to_dram);
  line.dirty &= ~bits;
  line.present &= ~bits;
  ++stats_.dropped_sectors;
  free_if_empty(slot);
}

// A sector goes when no active range wants any block of it. One that is on its way goes when it
// arrives.
void Slice::release(IcntCycle now, BlockRange range, std::vector<DramRequest>& to_dram) {
  active_.remove(range);
  if (range.first >= range.end) return;
  const std::uint64_t first = range.first >> sector_shift_ << sector_shift_;
  for (const std::uint64_t line : tags_.held(first >> line_shift_, (range.end - 1) >> line_shift_)) {
    const std::uint64_t begin = line << line_shift_;
    const std::uint64_t end = begin + static_cast<std::uint64_t>(spec_.line_blocks);
    const auto step = static_cast<std::uint64_t>(spec_.sector_blocks);
    for (std::uint64_t block = std::max(first, begin); block < std::min(range.end, end); block += step) {
      release_sector(now, block, to_dram);
    }
  }
}

void Slice::release_sector(IcntCycle now, std::uint64_t block, std::vector<DramRequest>& to_dram) {
  const std::uint32_t slot = tags_.find(block >> line_shift_);
  if (slot == kNone || cached(block)) return;
  Line& line = tags_[slot];
  const std::uint64_t bits = sector_bits(block);
  if ((line.present & bits) == 0 || (line.pending & bits) != 0) return;
  write_back(now, line, line.dirty & line.present & bits, to_dram);
  line.dirty &= ~bits;
  line.present &= ~bits;
  ++stats_.dropped_sectors;
  free_if_empty(slot);
}

void Slice::write_back(IcntCycle now, const Line& line, std::uint64_t blocks,
                       std::vector<DramRequest>& to_dram) {
  stats_.write_backs += std::popcount(blocks);
  const std::uint64_t first = line.number << line_shift_;
  for (; blocks != 0; blocks &= blocks - 1) {
    const auto offset = static_cast<std::uint64_t>(std::countr_zero(blocks));
    to_dram.push_back({first + offset, Purpose::WriteBack, 0, queue_.push(now)});
  }
}

void Slice::free_if_empty(std::uint32_t slot) {
  const Line& line = tags_[slot];
  if (line.present == 0 && line.pending == 0) tags_.free(slot);
}

void Slice::occupy_port(IcntCycle now, std::int64_t blocks) {
  const std::int64_t bytes = blocks * spec_.block_bytes;
  port_free_ = now + IcntCycle{(bytes + spec_.port_bytes - 1) / spec_.port_bytes};
}

// A sector is cached as a whole, so that no write can pass by a copy of it.
bool Slice::cached(std::uint64_t block) const {
  if (!spec_.planned) return true;
  const std::uint64_t first = block >> sector_shift_ << sector_shift_;
  return active_.overlap({first, first + static_cast<std::uint64_t>(spec_.sector_blocks)});
}

std::uint64_t Slice::sector_bits(std::uint64_t block) const {
  const auto blocks = static_cast<std::uint64_t>(spec_.sector_blocks);
  const std::uint64_t ones = blocks == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << blocks) - 1;
  const auto in_line = static_cast<std::uint64_t>(spec_.line_blocks - 1);
  return ones << ((block & in_line) >> sector_shift_ << sector_shift_);
}

SliceStats Slice::stats() const {
  SliceStats stats = stats_;
  tags_.each([&](const Line& line) {
    stats.dirty_blocks += std::popcount(line.dirty & line.present);
  });
  return stats;
}

}  // namespace npu::togsim::l2
