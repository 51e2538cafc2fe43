#include "dram/plain/engine.hpp"

#include "error.hpp"

namespace npu::togsim::dram {

PlainEngine::PlainEngine(const Spec& spec, bool log_commands)
    : Engine(spec, log_commands), device_(spec_, shape_, roles_) {
  for (std::int64_t node = 0; node < refresh_nodes(); ++node) {
    refresh_address_.push_back(shape_.node_address(static_cast<std::size_t>(spec_.refresh_level),
                                                   static_cast<std::size_t>(node)));
  }
}

void PlainEngine::run(std::int64_t until, bool stop_when_idle, std::vector<Completion>& out) {
  out_ = &out;
  while (now_ < until && !(stop_when_idle && idle())) {
    turns_.next();
    tick();
  }
}

bool PlainEngine::idle() const {
  return arrivals_.empty() && read_.empty() && write_.empty() && active_.empty() &&
         activating_.empty() && pending_.empty();
}

std::int64_t PlainEngine::next() const {
  if (idle()) return kNever;
  if (!write_.empty() || !read_.empty() || !active_.empty() || !activating_.empty()) {
    return now_ + 1;
  }
  const std::int64_t arrival = arrivals_.empty() ? kNever : arrivals_.front().tick;
  const std::int64_t data = pending_.empty() ? kNever : pending_.front().tick.n;
  return std::max(now_ + 1, std::min(arrival, data));
}

void PlainEngine::tick() {
  accept();
  ++now_;
  retire();
  add_refreshes();
  schedule();
}

// The first request of the FIFO is offered once a tick.
void PlainEngine::accept() {
  if (arrivals_.empty() || arrivals_.front().tick > now_) return;
  const Arrival arrival = arrivals_.front();
  if (!(arrival.write ? accept_write(arrival) : accept_read(arrival))) return;
  arrivals_.pop();
  count_queue(read_.size(), write_.size());
}

bool PlainEngine::accept_read(const Arrival& arrival) {
  if (write_waits(arrival.address)) {
    Completion done = short_cut(arrival, RowOutcome::Forwarded);
    done.tick = {now_ + 1};
    pending_.push_back(done);
    return true;
  }
  if (static_cast<std::int64_t>(read_.size()) >= spec_.read_queue) return false;
  read_.push_back({accepted(arrival), shape_.decode(arrival.address)});
  return true;
}

bool PlainEngine::accept_write(const Arrival& arrival) {
  if (second_generation_ && write_waits(arrival.address)) {
    Completion done = short_cut(arrival, RowOutcome::Absorbed);
    complete(done, now_ + 1);
    out_->push_back(done);
    return true;
  }
  if (static_cast<std::int64_t>(write_.size()) >= spec_.write_queue) return false;
  write_.push_back({accepted(arrival), shape_.decode(arrival.address)});
  return true;
}

bool PlainEngine::write_waits(std::uint64_t address) const {
  for (const Waiting& waiting : write_) {
    if (waiting.request.address == address) return true;
  }
  return false;
}

// Reads leave in the order of their column commands: 2.0 lets one go a tick, 2.1 all that are ready.
void PlainEngine::retire() {
  while (!pending_.empty() && pending_.front().tick.n <= now_) {
    complete(pending_.front(), now_);
    out_->push_back(pending_.front());
    pending_.pop_front();
    if (!second_generation_) return;
  }
}

void PlainEngine::add_refreshes() {
  if (spec_.refresh_interval == 0 || now_ % spec_.refresh_interval != 0) return;
  for (std::size_t node = 0; node < refresh_address_.size(); ++node) {
    if (static_cast<std::int64_t>(priority_.size()) >= spec_.priority_queue) {
      throw Error("the DRAM's queue of refreshes overflows: nREFI is too short to serve them");
    }
    priority_.push_back(node);
    refresh_due(node);
  }
}

std::optional<PlainEngine::Candidate> PlainEngine::oldest_ready(Queue& queue,
                                                                const Filter& filter) {
  std::optional<Candidate> best;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const Request& request = queue[i].request;
    if (best && (*best->queue)[best->index].request.accepted <= request.accepted) continue;
    const std::int32_t command = device_.next_command(
        request.write, static_cast<std::size_t>(request.bank), request.row, now_);
    if (!filter(queue[i], command) || !device_.ready(command, queue[i].address, now_)) continue;
    best = Candidate{&queue, i, command};
  }
  return best;
}

std::optional<PlainEngine::Candidate> PlainEngine::refresh_if_ready() {
  const Address& address = refresh_address_[priority_.front()];
  const std::int32_t command = device_.next_refresh_command(address);
  if (!device_.ready(command, address, now_)) return std::nullopt;
  return Candidate{nullptr, 0, command};
}

PlainEngine::Queue& PlainEngine::read_or_write_queue() {
  const auto writes = static_cast<std::int64_t>(write_.size());
  if (write_mode_) {
    if (writes < spec_.write_low_entries && !read_.empty()) write_mode_ = false;
  } else {
    if (writes > spec_.write_high_entries || read_.empty()) write_mode_ = true;
  }
  return write_mode_ ? write_ : read_;
}

bool PlainEngine::closes_active(std::int32_t command, const Address& address) const {
  if (!roles_.is_closing(command)) return false;
  for (const Waiting& waiting : active_) {
    const auto bank = static_cast<std::size_t>(waiting.request.bank);
    if (device_.matches(shape_.bank_level(), bank, address)) return true;
  }
  return false;
}

const Address& PlainEngine::address_of(const Candidate& candidate) const {
  return candidate.queue == nullptr ? refresh_address_[priority_.front()]
                                    : (*candidate.queue)[candidate.index].address;
}

void PlainEngine::issue(const Candidate& candidate) {
  if (candidate.queue == nullptr) return issue_refresh(candidate.command);
  Queue& queue = *candidate.queue;
  Waiting waiting = queue[candidate.index];
  const auto bank = static_cast<std::size_t>(waiting.request.bank);
  const std::int32_t command = candidate.command;
  count_first_command(waiting.request, device_.outcome(bank, waiting.request.row));
  record(command, waiting.request);
  device_.issue(command, waiting.address, now_);
  queue[candidate.index] = waiting;
  if (command == roles_.act) count_activation(bank);
  const bool opens = command == (roles_.act2 == kNoCommand ? roles_.act : roles_.act2);
  const bool activates = second_generation_ && command == roles_.act && !opens;
  if (opens) device_.set_opened(bank, opening(bank));
  if (opens || activates || roles_.is_column(command)) {
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(candidate.index));
  }
  if (opens) active_.push_back(waiting);
  if (activates) {
    waiting.deadline = now_ + spec_.aad;
    activating_.push_back(waiting);
  }
  if (roles_.is_column(command)) finish(waiting);
}

void PlainEngine::issue_refresh(std::int32_t command) {
  const std::size_t node = priority_.front();
  record_maintenance(command, node);
  device_.issue(command, refresh_address_[node], now_);
  if (command != roles_.ref) return;
  refresh_issued(node);
  priority_.pop_front();
}

void PlainEngine::finish(const Waiting& waiting) {
  Completion done =
      finished(waiting.request, device_.opened(static_cast<std::size_t>(waiting.request.bank)));
  if (waiting.request.write) {
    complete(done, now_);
    out_->push_back(done);
    return;
  }
  done.tick = {now_ + spec_.read_latency};
  pending_.push_back(done);
}

}  // namespace npu::togsim::dram
