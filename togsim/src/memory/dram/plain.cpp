#include "memory/dram/plain.hpp"

#include <algorithm>

namespace npu::togsim {
namespace {

constexpr std::int64_t kLongAgo = std::int64_t{1} << 40;
constexpr std::int64_t kPicosPerSecond = 1'000'000'000'000;

}  // namespace

PlainChannel::PlainChannel(const MachineSpec& machine, std::int64_t channel)
    : clock_(machine.dram_freq_mhz), latency_(machine.dram_latency),
      read_to_write_(machine.dram_read_to_write_cycles),
      write_to_read_(machine.dram_write_to_read_cycles),
      refresh_interval_(machine.dram_refresh_interval_ns * machine.dram_freq_mhz / 1000),
      refresh_((machine.dram_refresh_ns * machine.dram_freq_mhz + 999) / 1000),
      cap_(machine.dram_channel_bytes_per_second), request_bytes_(machine.dram_req_size_byte),
      period_(machine.dram_stats_print_period_cycles),
      to_refresh_(refresh_interval_ * (channel + 1) / machine.dram_channels),
      since_read_(kLongAgo), since_write_(kLongAgo) {}

void PlainChannel::push(DramCycle arrival, std::uint64_t, bool write, std::uint64_t id) {
  dram::Completion request;
  request.id = id;
  request.write = write;
  request.arrival = request.accepted = arrival;
  waiting_.push_back(request);
}

void PlainChannel::advance(DramCycle until, std::vector<dram::Completion>& out) {
  while (cycle_ < until.n) {
    turns_.next();
    tick();
  }
  for (; !started_.empty() && started_.front().tick <= until; started_.pop_front()) {
    out.push_back(started_.front());
  }
}

void PlainChannel::tick() {
  count_refresh_down();
  ++since_read_;
  ++since_write_;
  if (refresh_left_ > 0) count_refresh_wait();
  if (!waiting_.empty() && waiting_.front().arrival.n <= cycle_ && pins_are_free() &&
      cap_allows()) {
    dram::Completion& request = waiting_.front();
    const bool turning = request.write ? since_read_ < read_to_write_ : since_write_ < write_to_read_;
    if (turning) {
      ++stats_.turnaround_wait_cycles;
      if (refresh_left_ == 0) ++request.column_wait;
      held_until_ = cycle_ + 1;
    } else if (refresh_left_ > 0) {
      ++stats_.refresh_wait_cycles;
      held_until_ = cycle_ + 1;
    } else {
      start(request);
    }
  }
  ++cycle_;
}

void PlainChannel::count_refresh_down() {
  if (refresh_interval_ == 0) return;
  if (refresh_left_ > 0) --refresh_left_;
  if (to_refresh_ == 0) {
    refresh_left_ = refresh_;
    to_refresh_ = refresh_interval_;
  }
  --to_refresh_;
}

// Whatever else a request may wait for, in these cycles it waits for the refresh.
void PlainChannel::count_refresh_wait() {
  for (dram::Completion& request : waiting_) {
    if (request.arrival.n <= cycle_) ++request.refresh_wait;
  }
}

bool PlainChannel::pins_are_free() const { return since_read_ >= 1 && since_write_ >= 1; }

bool PlainChannel::cap_allows() const {
  if (cap_ == 0) return true;
  const std::int64_t edge = clock_.edge({cycle_}).n;
  return edge > allowed_ || (edge == allowed_ && allowed_part_ == 0);
}

void PlainChannel::start(dram::Completion& request) {
  if (cap_ != 0) use_cap(std::max(request.arrival.n, held_until_));
  (request.write ? since_write_ : since_read_) = 0;
  ++(request.write ? stats_.writes : stats_.reads);
  count_in_period(stats_, request.write, {cycle_}, period_);
  request.first_command = request.column = {cycle_};
  request.tick = {cycle_ + latency_};
  started_.push_back(request);
  waiting_.pop_front();
}

// The next start is allowed an interval after this one was; what the channel did not use while no
// request stood before it is lost.
void PlainChannel::use_cap(std::int64_t asked) {
  const std::int64_t edge = clock_.edge({asked}).n;
  if (edge > allowed_) {
    allowed_ = edge;
    allowed_part_ = 0;
  }
  const std::int64_t bits = request_bytes_ * kPicosPerSecond;
  allowed_ += bits / cap_;
  allowed_part_ += bits % cap_;
  if (allowed_part_ >= cap_) {
    allowed_part_ -= cap_;
    ++allowed_;
  }
}

}  // namespace npu::togsim
