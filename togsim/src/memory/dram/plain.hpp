// A channel of the simple DRAM model, cycle by cycle: the rules of docs/timing-model.md as written.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "memory/dram/channel.hpp"
#include "listening.hpp"

namespace npu::togsim {

// Shares no code with Dram, which jumps from request to request; their results are equal.
class PlainChannel final : public DramChannel {
 public:
  PlainChannel(const MachineSpec& machine, std::int64_t channel);

  void push(DramCycle arrival, std::uint64_t block, bool write, std::uint64_t id) override;
  void advance(DramCycle until, std::vector<dram::Completion>& out) override;
  [[nodiscard]] DramCycle next() const override { return {cycle_ + 1}; }
  [[nodiscard]] bool idle() const override { return waiting_.empty() && started_.empty(); }
  [[nodiscard]] ChannelStats stats() const override { return stats_; }

 private:
  void tick();
  [[nodiscard]] bool pins_are_free() const;
  [[nodiscard]] bool cap_allows() const;
  void start(dram::Completion& request);
  void use_cap(std::int64_t asked);
  void count_refresh_down();
  void count_refresh_wait();

  Clock<DramCycle> clock_;
  std::int64_t latency_;
  std::int64_t read_to_write_;
  std::int64_t write_to_read_;
  std::int64_t refresh_interval_;
  std::int64_t refresh_;
  std::int64_t cap_;             // bytes per second, 0 = none
  std::int64_t request_bytes_;
  std::int64_t period_;

  std::int64_t cycle_ = 0;       // simulated next
  std::int64_t to_refresh_;      // cycles until the next refresh begins
  std::int64_t refresh_left_ = 0;
  std::int64_t since_read_;      // cycles since the last one started
  std::int64_t since_write_;
  std::int64_t held_until_ = 0;  // the end of what last held the oldest request back, but for others
  // The cap: no start before allowed_ + allowed_part_ / cap_ picoseconds.
  std::int64_t allowed_ = 0;
  std::int64_t allowed_part_ = 0;
  std::deque<dram::Completion> waiting_;
  std::deque<dram::Completion> started_;
  ChannelStats stats_;
  Turns turns_;
};

}  // namespace npu::togsim
