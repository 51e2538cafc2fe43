#include "memory/dram.hpp"

#include <algorithm>

#include "periods.hpp"

namespace npu::togsim {
namespace {

constexpr std::int64_t kPicosPerSecond = 1'000'000'000'000;

}  // namespace

void count_in_period(ChannelStats& stats, bool write, DramCycle start, std::int64_t period) {
  if (period == 0) return;
  const std::size_t index = period_of(start.n, period, "dram_stats_print_period_cycles");
  if (stats.reads_by_period.size() <= index) {
    stats.reads_by_period.resize(index + 1);
    stats.writes_by_period.resize(index + 1);
  }
  ++(write ? stats.writes_by_period : stats.reads_by_period)[index];
}

void count_service(ChannelStats& stats, const Service& service, bool write, std::int64_t period) {
  ++(write ? stats.writes : stats.reads);
  count_pauses(stats, service, service.start);
  count_in_period(stats, write, service.start, period);
}

void count_pauses(ChannelStats& stats, const Service& service, DramCycle until) {
  stats.turnaround_wait_cycles += service.turning.before(until);
  stats.refresh_wait_cycles += service.refreshing.before(until);
}

Dram::Dram(const MachineSpec& machine)
    : clock_(machine.dram_freq_mhz), latency_{machine.dram_latency}, read_to_write_{machine.dram_read_to_write_cycles},
      write_to_read_{machine.dram_write_to_read_cycles},
      refresh_interval_(machine.dram_refresh_interval_ns * machine.dram_freq_mhz / 1000),
      refresh_((machine.dram_refresh_ns * machine.dram_freq_mhz + 999) / 1000),
      cap_(machine.dram_channel_bytes_per_second),
      interval_{0}, interval_remainder_(0), period_(machine.dram_stats_print_period_cycles),
      channels_(static_cast<std::size_t>(machine.dram_channels)),
      stats_(static_cast<std::size_t>(machine.dram_channels)) {
  if (cap_ == 0) return;
  const std::int64_t scaled = machine.dram_req_size_byte * kPicosPerSecond;
  interval_ = {scaled / cap_};
  interval_remainder_ = scaled % cap_;
}

Service Dram::serve(std::uint32_t channel, DramCycle arrival, bool write) {
  Channel& state = channels_[channel];
  const DramCycle arrived = arrival;
  const DramCycle turned = state.turned;
  Service service;
  if (state.write != write) arrival = delayed_by_turnaround(channel, arrival, service.turning);
  if (refresh_interval_ != 0) arrival = delayed_by_refresh(channel, arrival, service.refreshing);
  DramCycle start = std::max(arrival, state.free);
  if (cap_ != 0) start = capped(state, arrival, start);
  state.free = start + DramCycle{1};
  state.turned = start + (write ? write_to_read_ : read_to_write_);
  state.write = write;
  service.start = start;
  service.data = start + latency_;
  service.refresh_wait = refreshed(channel, arrived, start);
  const std::int64_t turn = service.turning.before(turned);
  service.turnaround_wait = turn - refreshed(channel, {turned.n - turn}, turned);
  count(channel, service, write);
  return service;
}

// The pins stand still while the bus turns around, as in a refresh.
DramCycle Dram::delayed_by_turnaround(std::uint32_t channel, DramCycle arrival,
                                      Pause& turning) const {
  const Channel& state = channels_[channel];
  const DramCycle earliest = std::max({arrival, state.free, allowed_from(state)});
  if (state.turned <= earliest) return arrival;
  turning = {earliest, state.turned};
  return state.turned;
}

// A request that would start in a refresh counts as one that arrives at its end: the pins that
// stood still meanwhile do not catch up. Younger requests queue up behind it, so its delay is the
// channel's.
DramCycle Dram::delayed_by_refresh(std::uint32_t channel, DramCycle arrival,
                                   Pause& refreshing) const {
  const Channel& state = channels_[channel];
  const DramCycle earliest = std::max({arrival, state.free, allowed_from(state)});
  const DramCycle resumed = after_refresh(channel, earliest);
  if (resumed == earliest) return arrival;
  refreshing = {earliest, resumed};
  return resumed;
}

std::int64_t Dram::first_refresh(std::uint32_t channel) const {
  const auto channels = static_cast<std::int64_t>(channels_.size());
  return refresh_interval_ * (std::int64_t{channel} + 1) / channels;
}

// All banks of a channel refresh at once, every interval. Controllers have no common phase: channel
// c of C first refreshes after (c + 1) / C of an interval, which spreads them evenly.
DramCycle Dram::after_refresh(std::uint32_t channel, DramCycle start) const {
  const std::int64_t first = first_refresh(channel);
  if (start.n < first) return start;
  const std::int64_t since = (start.n - first) % refresh_interval_;
  return since < refresh_ ? DramCycle{start.n - since + refresh_} : start;
}

// How many of the cycles from `from` up to `to` are in a refresh.
std::int64_t Dram::refreshed(std::uint32_t channel, DramCycle from, DramCycle to) const {
  if (refresh_interval_ == 0 || from >= to) return 0;
  return refreshed_before(channel, to) - refreshed_before(channel, from);
}

std::int64_t Dram::refreshed_before(std::uint32_t channel, DramCycle cycle) const {
  const std::int64_t since = cycle.n - first_refresh(channel);
  if (since <= 0) return 0;
  return since / refresh_interval_ * refresh_ + std::min(since % refresh_interval_, refresh_);
}

// The first cycle at which the cap lets `channel` start a request.
DramCycle Dram::allowed_from(const Channel& channel) const {
  return clock_.at_or_after(channel.allowed + Picoseconds{channel.remainder > 0 ? 1 : 0});
}

// The allowed times of a busy channel lie exactly one interval apart, whatever edges the requests
// then start on, so the long-run rate is the cap; an idle channel saves nothing up.
DramCycle Dram::capped(Channel& channel, DramCycle arrival, DramCycle start) const {
  const Picoseconds asked = clock_.edge(arrival);
  if (channel.allowed < asked) {
    channel.allowed = asked;
    channel.remainder = 0;
  }
  const DramCycle begin = std::max(start, allowed_from(channel));
  channel.allowed += interval_;
  channel.remainder += interval_remainder_;
  if (channel.remainder >= cap_) {
    channel.remainder -= cap_;
    channel.allowed += Picoseconds{1};
  }
  return begin;
}

void Dram::count(std::uint32_t channel, const Service& service, bool write) {
  count_service(stats_[channel], service, write, period_);
}

}  // namespace npu::togsim
