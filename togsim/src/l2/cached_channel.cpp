#include "cached_channel.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace npu::togsim::l2 {
namespace {

constexpr IcntCycle kNever{std::numeric_limits<std::int64_t>::max()};

// What a request to the DRAM is for stands in the low bits of its id, and above them the block that
// it fetches or the request that it answers.
constexpr int kPurposeBits = 2;

std::uint64_t dram_id(const DramRequest& request) {
  const bool fetch = request.purpose == Purpose::Fetch;
  return (fetch ? request.block : request.id) << kPurposeBits |
         static_cast<std::uint64_t>(request.purpose);
}

}  // namespace

CachedChannel::CachedChannel(const Spec& spec, std::int64_t hit_latency,
                             const ClockCrossing& crossing, std::unique_ptr<DramChannel> dram,
                             bool plain)
    : slice_(spec), hit_latency_{hit_latency}, crossing_(crossing), dram_(std::move(dram)),
      plain_(plain) {}

void CachedChannel::accept(IcntCycle reached, std::uint64_t block, bool write, RequestId id) {
  line_.push_back({reached, block, write, id});
  if (reached_.size() <= id) reached_.resize(id + std::size_t{1});
  reached_[id] = crossing_.to_dram(reached);
}

void CachedChannel::set_cached(IcntCycle cycle, BlockRange range, bool cached) {
  auto at = changes_.end();
  while (at != changes_.begin() && std::prev(at)->cycle > cycle) --at;
  changes_.insert(at, {cycle, range, cached});
}

// What the DRAM returns in cycle `until` itself comes ahead of that cycle's access, so it is taken.
void CachedChannel::advance(IcntCycle until, std::vector<Answer>& out) {
  for (auto event = next_event(); event && *event <= until; event = next_event()) {
    turns_.next();
    const IcntCycle now = *event;
    run_dram(now);
    take_returned(now, out);
    if (now == until) break;
    run_changes(now);
    const auto offered = next_offer();
    if (offered && *offered <= now) offer(now);
    send();
  }
  send();
  run_dram(until);
  take_returned(until, out);
  send();
  flush_hits(until, out);
}

IcntCycle CachedChannel::next() const {
  const IcntCycle event = next_event().value_or(kNever);
  return hits_.empty() ? event : std::min(event, hits_.front().returned);
}

bool CachedChannel::idle() const {
  return line_.empty() && changes_.empty() && returned_.empty() && hits_.empty() && dram_->idle();
}

std::optional<IcntCycle> CachedChannel::next_fill() const {
  if (!returned_.empty()) return returned_.front().cycle;
  if (dram_->idle()) return std::nullopt;
  return std::max(crossing_.to_icnt(dram_->next()), known_ + IcntCycle{1});
}

std::optional<IcntCycle> CachedChannel::next_offer() const {
  if (line_.empty()) return std::nullopt;
  if (refused_) return retry_;
  return std::max(line_.front().reached, port_);
}

std::optional<IcntCycle> CachedChannel::next_event() const {
  IcntCycle event = std::min(next_fill().value_or(kNever), next_offer().value_or(kNever));
  if (!changes_.empty()) event = std::min(event, changes_.front().cycle);
  return event == kNever ? std::nullopt : std::optional(event);
}

// Afterwards all is known that returns up to cycle `until`, and perhaps a little more.
void CachedChannel::run_dram(IcntCycle until) {
  if (until <= known_) return;
  completions_.clear();
  dram_->advance(crossing_.to_dram(until), completions_);
  for (const dram::Completion& done : completions_) {
    returned_.push_back({crossing_.to_icnt(done.tick), done});
  }
  known_ = until;
}

void CachedChannel::take_returned(IcntCycle now, std::vector<Answer>& out) {
  for (; !returned_.empty() && returned_.front().cycle <= now; returned_.pop_front()) {
    take(returned_.front(), out);
  }
}

void CachedChannel::take(const Returned& returned, std::vector<Answer>& out) {
  constexpr std::uint64_t kPurposes = (std::uint64_t{1} << kPurposeBits) - 1;
  const auto purpose = static_cast<Purpose>(returned.served.id & kPurposes);
  const std::uint64_t subject = returned.served.id >> kPurposeBits;
  if (purpose == Purpose::WriteBack) return;
  flush_hits(returned.cycle, out);
  if (purpose != Purpose::Fetch) {
    out.push_back({static_cast<RequestId>(subject), returned.cycle, true, returned.served});
    return;
  }
  answered_.clear();
  slice_.fill(returned.cycle, subject, answered_, to_dram_);
  for (const std::uint64_t id : answered_) {
    // Who came when the fetch was already at the DRAM has no way of its own through it.
    const bool own = reached_[id] <= returned.served.arrival;
    out.push_back({static_cast<RequestId>(id), returned.cycle, own, returned.served});
  }
  if (refused_) retry_ = returned.cycle;  // it may be taken in this very cycle
}

void CachedChannel::run_changes(IcntCycle now) {
  for (; !changes_.empty() && changes_.front().cycle <= now; changes_.pop_front()) {
    const Change& change = changes_.front();
    if (change.cached) {
      slice_.activate(change.range);
    } else {
      slice_.release(now, change.range, to_dram_);
    }
    if (refused_) retry_ = now;
  }
}

void CachedChannel::offer(IcntCycle now) {
  const Access& access = line_.front();
  answered_.clear();
  const Outcome outcome =
      slice_.access(now, access.block, access.write, access.id, answered_, to_dram_);
  refused_ = outcome == Outcome::Stall;
  if (refused_) {
    retry_ = plain_ ? now + IcntCycle{1} : slice_.next_offer();
    return;
  }
  for (const std::uint64_t id : answered_) {
    hits_.push_back({static_cast<RequestId>(id), now + hit_latency_, false, {}});
  }
  line_.pop_front();
  port_ = now + IcntCycle{1};
}

void CachedChannel::send() {
  for (const DramRequest& request : to_dram_) {
    const bool write = request.purpose == Purpose::Write || request.purpose == Purpose::WriteBack;
    dram_->push(crossing_.to_dram(request.leaves), request.block, write, dram_id(request));
  }
  to_dram_.clear();
}

void CachedChannel::flush_hits(IcntCycle until, std::vector<Answer>& out) {
  for (; !hits_.empty() && hits_.front().returned <= until; hits_.pop_front()) {
    out.push_back(hits_.front());
  }
}

}  // namespace npu::togsim::l2
