#include "dram/fast/engine.hpp"

#include "error.hpp"

namespace npu::togsim::dram {

FastEngine::FastEngine(const Spec& spec, bool log_commands)
    : Engine(spec, log_commands),
      pool_(static_cast<std::size_t>(spec_.read_queue + spec_.write_queue) + shape_.banks() + 1),
      device_(spec_, shape_, roles_),
      read_(pool_, shape_.banks()),
      write_(pool_, shape_.banks()),
      active_(shape_.banks(), kNoSlot),
      active_banks_(shape_.banks()),
      active_in_(shape_.banks() / device_.banks_per_node(), 0),
      commands_(commands_of(roles_)),
      next_refresh_(spec_.refresh_interval == 0 ? kNever : spec_.refresh_interval) {}

bool FastEngine::idle() const {
  return arrivals_.empty() && nothing_queued() && pending_.empty();
}

std::int64_t FastEngine::next() const {
  if (idle()) return kNever;
  if (!nothing_queued()) return now_ + 1;
  const std::int64_t arrival = arrivals_.empty() ? kNever : arrivals_.front().tick;
  const std::int64_t data = pending_.empty() ? kNever : pending_.front().tick.n;
  return std::max(now_ + 1, std::min(arrival, data));
}

void FastEngine::run(std::int64_t until, bool stop_when_idle, std::vector<Completion>& out) {
  out_ = &out;
  while (true) {
    turns_.next();
    if (stop_when_idle && arrivals_.empty() && nothing_queued()) {
      until = pending_.empty() ? now_ : std::max(now_, pending_.back().tick.n);
      stop_when_idle = false;
    }
    const std::int64_t tick_to_look_at = next_tick();
    if (tick_to_look_at > until) break;
    now_ = tick_to_look_at - 1;
    tick();
  }
  now_ = until;
  flush(until);
}

// Nothing happens in the ticks before this one.
std::int64_t FastEngine::next_tick() const {
  std::int64_t tick = std::min(wake_, next_refresh_);
  if (!arrivals_.empty() && !blocked_) tick = std::min(tick, arrivals_.front().tick + 1);
  return std::max(tick, now_ + 1);
}

void FastEngine::tick() {
  accept();
  ++now_;
  if (now_ == next_refresh_) add_refreshes();
  if (now_ < wake_) return;
  wake_ = kNever;
  schedule();
}

void FastEngine::add_refreshes() {
  next_refresh_ += spec_.refresh_interval;
  for (std::int64_t node = 0; node < refresh_nodes(); ++node) {
    if (static_cast<std::int64_t>(priority_.size()) >= spec_.priority_queue) {
      throw Error("the DRAM's queue of refreshes overflows: nREFI is too short to serve them");
    }
    priority_.push(static_cast<std::size_t>(node));
    refresh_due(static_cast<std::size_t>(node));
  }
  wake_ = now_;
}

bool FastEngine::full(bool write) const {
  return write ? static_cast<std::int64_t>(write_.size()) >= spec_.write_queue
               : static_cast<std::int64_t>(read_.size()) >= spec_.read_queue;
}

void FastEngine::accept() {
  if (blocked_ || arrivals_.empty() || arrivals_.front().tick > now_) return;
  const Arrival arrival = arrivals_.front();
  if (!write_.empty() && (!arrival.write || second_generation_) &&
      write_.holds(shape_.locate(arrival.address).bank, arrival.address)) {
    if (arrival.write) {
      flush(now_ + 1);
      Completion done = short_cut(arrival, RowOutcome::Absorbed);
      complete(done, now_ + 1);
      out_->push_back(done);
    } else {
      Completion done = short_cut(arrival, RowOutcome::Forwarded);
      add_pending(done, now_ + 1);
    }
  } else {
    blocked_ = full(arrival.write);
    if (blocked_) return;
    const Slot slot = pool_.take(accepted(arrival));
    (arrival.write ? write_ : read_).append(slot, hits(bank_of(slot)));
    wake_ = now_;
  }
  arrivals_.pop();
  count_queue(read_.size(), write_.size());
}

// A read whose data is there at tick `data` leaves behind those before it: 2.0 lets one go a tick.
void FastEngine::add_pending(Completion& done, std::int64_t data) {
  last_read_ = std::max(data, last_read_ + (second_generation_ ? 0 : 1));
  done.tick = {last_read_};
  pending_.push(done);
}

void FastEngine::flush(std::int64_t until) {
  while (!pending_.empty() && pending_.front().tick.n <= until) {
    out_->push_back(pending_.front());
    pending_.pop();
    complete(out_->back(), out_->back().tick.n);
  }
}

void FastEngine::consider_active(Candidate& best) {
  for (const std::size_t bank : active_banks_) {
    const Slot slot = active_[bank];
    const Request& request = pool_[slot].request;
    if (request.accepted > best.age) continue;
    const Act act = column_act(request.write, bank);
    const std::int64_t ready = column_ready(act, bank);
    if (ready > now_) wake(ready);
    else best = {slot, act, request.accepted};
  }
}

void FastEngine::consider_hits(const FastQueue& queue, Candidate& best) {
  const bool write = &queue == &write_;
  for (const std::size_t bank : queue.hits()) {
    const std::int64_t age = queue.hit_age(bank);
    if (age > best.age) continue;
    const Act act = column_act(write, bank);
    const std::int64_t ready = column_ready(act, bank);
    if (ready > now_) wake(ready);
    else best = {queue.hit(bank), act, age};
  }
}

FastQueue& FastEngine::read_or_write_queue() {
  const auto writes = static_cast<std::int64_t>(write_.size());
  if (write_mode_) {
    if (writes < spec_.write_low_entries && !read_.empty()) write_mode_ = false;
  } else {
    if (writes > spec_.write_high_entries || read_.empty()) write_mode_ = true;
  }
  return write_mode_ ? write_ : read_;
}

void FastEngine::issue_refresh(Act act) {
  const std::size_t node = priority_.front();
  record_maintenance(act == Act::Refresh ? roles_.ref : roles_.pre_all, node);
  device_.issue_to_node(act, node, now_);
  look_again();
  if (act == Act::Refresh) {
    refresh_issued(node);
    priority_.pop();
    return;
  }
  const std::size_t first = node * device_.banks_per_node();
  for (std::size_t bank = first; bank < first + device_.banks_per_node(); ++bank) {
    row_changed(bank);
  }
}

void FastEngine::issue(const Candidate& candidate) {
  Request& request = pool_[candidate.slot].request;
  const auto bank = static_cast<std::size_t>(request.bank);
  const RowState state = device_.state(bank);
  count_first_command(request, device_.is_open_on(bank, request.row) ? RowOutcome::Hit
                               : state == RowState::Open             ? RowOutcome::Conflict
                                                                     : RowOutcome::Miss);
  send(candidate);
  switch (candidate.act) {
    case Act::Read:
    case Act::Write: return finish(candidate.slot);
    case Act::Open: return first_opening(candidate.slot);
    case Act::Open2: return opened(candidate.slot);
    default: return;
  }
}

void FastEngine::send(const Candidate& candidate) {
  const Request& request = pool_[candidate.slot].request;
  const auto bank = static_cast<std::size_t>(request.bank);
  record(commands_[static_cast<std::size_t>(candidate.act)], request);
  look_again();
  if (leaves_queue(candidate)) leave_queue(candidate.slot);
  device_.issue(candidate.act, bank, request.row, now_);
  issued(candidate.act, bank);
  if (candidate.act != Act::Read && candidate.act != Act::Write) row_changed(bank);
}

// Whether the request is in a queue now, and after this command no more.
bool FastEngine::leaves_queue(const Candidate& candidate) const {
  const bool two_commands = roles_.act2 != kNoCommand;
  switch (candidate.act) {
    case Act::Read:
    case Act::Write: return active_[bank_of(candidate.slot)] != candidate.slot;
    case Act::Open: return second_generation_ || !two_commands;
    case Act::Open2: return !second_generation_;
    default: return false;
  }
}

void FastEngine::leave_queue(Slot slot) {
  const bool write = pool_[slot].request.write;
  (write ? write_ : read_).remove(slot, hits(bank_of(slot)));
  blocked_ = false;
}

void FastEngine::row_changed(std::size_t bank) {
  read_.row_changed(bank, hits(bank));
  write_.row_changed(bank, hits(bank));
}

void FastEngine::first_opening(Slot slot) {
  count_activation(bank_of(slot));
  if (roles_.act2 == kNoCommand) return opened(slot);
  if (second_generation_) activating(slot);
}

void FastEngine::opened(Slot slot) {
  const std::size_t bank = bank_of(slot);
  device_.set_opened(bank, opening(bank));
  active_[bank] = slot;
  active_banks_.add(bank);
  ++active_in_[device_.node_of(bank)];
}

void FastEngine::finish(Slot slot) {
  const Request& request = pool_[slot].request;
  const auto bank = static_cast<std::size_t>(request.bank);
  if (active_[bank] == slot) {
    active_[bank] = kNoSlot;
    active_banks_.remove(bank);
    --active_in_[device_.node_of(bank)];
  }
  Completion done = finished(request, device_.opened(bank));
  if (request.write) {
    flush(now_);
    complete(done, now_);
    out_->push_back(done);
  } else {
    add_pending(done, now_ + spec_.read_latency);
  }
  pool_.give_back(slot);
}

}  // namespace npu::togsim::dram
