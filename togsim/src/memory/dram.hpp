// The simple DRAM: channels that take one request a cycle, in order, with a fixed latency, and
// stand still while they refresh.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "clock.hpp"
#include "dram/stats.hpp"
#include "machine.hpp"
#include "units.hpp"

namespace npu::togsim {

struct ChannelStats {
  std::int64_t reads = 0;
  std::int64_t writes = 0;
  std::int64_t refresh_wait_cycles = 0;     // DRAM cycles in which a refresh held a request back
  std::int64_t turnaround_wait_cycles = 0;  // ... in which the turning bus did
  std::vector<std::int64_t> reads_by_period;   // empty when no period is set
  std::vector<std::int64_t> writes_by_period;
  std::shared_ptr<const dram::ControllerStats> controller;  // of the detailed model, else null
};

// Counts a request that starts in `start`; does nothing without a period.
void count_in_period(ChannelStats& stats, bool write, DramCycle start, std::int64_t period);

// Cycles [from, to) in which a channel stood still before a request.
struct Pause {
  DramCycle from;
  DramCycle to;

  // How many of them come before `until`.
  [[nodiscard]] std::int64_t before(DramCycle until) const {
    return std::max<std::int64_t>(0, std::min(to, until).n - from.n);
  }
};

// When a request is served.
struct Service {
  DramCycle start;
  DramCycle data;                 // its data, or its acknowledgement, leaves the channel
  // Of the cycles from its arrival to its start: those in which the channel refreshed, and the others
  // in which only the direction of the bus kept it from starting.
  std::int64_t refresh_wait = 0;
  std::int64_t turnaround_wait = 0;
  // What ChannelStats counts for it.
  Pause turning;
  Pause refreshing;
};

// Counts a request that has started, with all that the channel stood still for it.
void count_service(ChannelStats& stats, const Service& service, bool write, std::int64_t period);

// Counts the cycles before `until` in which the channel stood still for a request.
void count_pauses(ChannelStats& stats, const Service& service, DramCycle until);

// A channel is first in, first out, so a request's service is known when it is handed over.
class Dram {
 public:
  explicit Dram(const MachineSpec& machine);

  // Serves a request that reached `channel` at cycle `arrival`; requests come in order of arrival.
  Service serve(std::uint32_t channel, DramCycle arrival, bool write);

  [[nodiscard]] const Clock<DramCycle>& clock() const { return clock_; }
  [[nodiscard]] const std::vector<ChannelStats>& stats() const { return stats_; }

 private:
  // When a channel may start its next request.
  struct Channel {
    DramCycle free;             // one request a cycle, another one in the other direction ...
    DramCycle turned;           // ... not before this cycle
    bool write = false;         // direction of the last request
    Picoseconds allowed;        // the bandwidth cap: not before this time ...
    std::int64_t remainder = 0; // ... plus remainder / cap picoseconds
  };

  [[nodiscard]] DramCycle delayed_by_turnaround(std::uint32_t channel, DramCycle arrival,
                                                Pause& turning) const;
  [[nodiscard]] DramCycle delayed_by_refresh(std::uint32_t channel, DramCycle arrival,
                                             Pause& refreshing) const;
  [[nodiscard]] DramCycle after_refresh(std::uint32_t channel, DramCycle start) const;
  [[nodiscard]] std::int64_t first_refresh(std::uint32_t channel) const;
  [[nodiscard]] std::int64_t refreshed(std::uint32_t channel, DramCycle from, DramCycle to) const;
  [[nodiscard]] std::int64_t refreshed_before(std::uint32_t channel, DramCycle cycle) const;
  [[nodiscard]] DramCycle allowed_from(const Channel& channel) const;
  DramCycle capped(Channel& channel, DramCycle arrival, DramCycle start) const;
  void count(std::uint32_t channel, const Service& service, bool write);

  Clock<DramCycle> clock_;
  DramCycle latency_;
  DramCycle read_to_write_;
  DramCycle write_to_read_;
  std::int64_t refresh_interval_;   // DRAM cycles, rounded down: tREFI is a maximum; 0 = none
  std::int64_t refresh_;            // DRAM cycles, rounded up: tRFC is a minimum
  std::int64_t cap_;                // bytes per second, 0 = none
  Picoseconds interval_;            // between requests at the cap, rounded down ...
  std::int64_t interval_remainder_; // ... plus this / cap picoseconds
  std::int64_t period_;
  std::vector<Channel> channels_;
  std::vector<ChannelStats> stats_;
};

}  // namespace npu::togsim
