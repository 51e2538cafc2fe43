#include "trace.hpp"

#include <algorithm>

namespace npu::togsim {

void Trace::add(const TraceRecord& record) {
  if (!in_window(record.decoded, record.completed) || !has_room(record.decoded)) return;
  records_.push_back(record);
}

void Trace::in_state(const StateSpan& span, bool idle) {
  StateSpan& open = open_span(span.core, span.unit);
  if (!idle && open.begin < open.end && open.state == span.state && open.end == span.begin) {
    open.end = span.end;
    return;
  }
  close(open);
  open = span;
  if (idle) open.end = open.begin;
}

void Trace::finish() {
  for (auto& units : open_) {
    for (StateSpan& span : units) close(span);
  }
}

// Whether a cycle of [begin, end) is kept. Windows follow one another at a distance of `every`
// lengths: the one at or before the span's first cycle may hold it, or the next may.
bool Trace::in_window(std::int64_t begin, std::int64_t end) const {
  if (end <= spec_.begin) return false;
  if (spec_.every == 1) return begin < spec_.end;
  const std::int64_t length = spec_.end - spec_.begin;
  const std::int64_t distance = spec_.every * length;
  const std::int64_t from = std::max(begin, spec_.begin);
  const std::int64_t into = (from - spec_.begin) % distance;
  return into < length || end - from > distance - into;
}

bool Trace::has_room(std::int64_t begin) {
  const auto held = static_cast<std::int64_t>(records_.size() + spans_.size());
  if (held < spec_.limit) return true;
  ++left_out_;
  complete_until_ = std::min(complete_until_, begin);
  return false;
}

StateSpan& Trace::open_span(std::int64_t core, std::int64_t unit) {
  const auto c = static_cast<std::size_t>(core);
  const auto u = static_cast<std::size_t>(unit);
  if (open_.size() <= c) open_.resize(c + 1);
  if (open_[c].size() <= u) open_[c].resize(u + 1);
  return open_[c][u];
}

void Trace::close(StateSpan& span) {
  if (span.begin == span.end) return;
  if (in_window(span.begin, span.end) && has_room(span.begin)) spans_.push_back(span);
  span.end = span.begin;
}

}  // namespace npu::togsim
