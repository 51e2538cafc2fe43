// What a DRAM controller counts.
#pragma once

#include <cstdint>
#include <vector>

namespace npu::togsim::dram {

// How many requests took how many ticks, exactly.
class LatencyHistogram {
 public:
  void add(std::int64_t ticks);
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t sum() const { return sum_; }
  [[nodiscard]] std::int64_t min() const { return min_; }  // 0 if nothing was counted
  [[nodiscard]] std::int64_t max() const { return max_; }
  // The smallest latency that at least `percent` % of the requests do not exceed (nearest rank).
  [[nodiscard]] std::int64_t percentile(std::int64_t percent) const;
  // Element i: requests of i ticks.
  [[nodiscard]] const std::vector<std::int64_t>& counts() const { return counts_; }
  bool operator==(const LatencyHistogram&) const = default;

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
};

// Rows found by the requests of one direction when their first command issued.
struct RowCounts {
  std::int64_t hits = 0;       // the row was open
  std::int64_t misses = 0;     // the bank was closed
  std::int64_t conflicts = 0;  // another row was open
  bool operator==(const RowCounts&) const = default;
};

// The ticks of all requests of one direction, by what they waited for; the parts sum to `total`,
// from arrival to completion.
struct WaitTicks {
  std::int64_t accept = 0;   // ahead of the queue: it was full, or the tick took another request
  std::int64_t bank = 0;     // in the queue until the row was open
  std::int64_t column = 0;   // row open: activate-to-column delay, other commands, data bus, CAS
  std::int64_t refresh = 0;  // of both, ticks in which a refresh of its banks was due or under way
  std::int64_t data = 0;     // from the column command to the last data (writes: 0)
  std::int64_t total = 0;
  bool operator==(const WaitTicks&) const = default;
};

struct ControllerStats {
  std::int64_t reads = 0;                // accepted
  std::int64_t writes = 0;
  std::int64_t forwarded_reads = 0;      // answered from the write queue
  std::int64_t absorbed_writes = 0;      // replaced by a younger write to the same address (2.1)
  RowCounts read_rows;
  RowCounts write_rows;
  WaitTicks read_wait;
  WaitTicks write_wait;
  LatencyHistogram read_latency;         // from acceptance to data
  std::vector<std::int64_t> commands;    // by index in Spec::commands
  std::vector<std::int64_t> activations; // by bank, counted through the levels in order
  std::int64_t read_queue_peak = 0;      // the most entries, after an acceptance
  std::int64_t write_queue_peak = 0;
  std::int64_t data_bus_ticks = 0;       // bursts, summed over the ranks or pseudo channels
  bool operator==(const ControllerStats&) const = default;
};

}  // namespace npu::togsim::dram
