#include "memory/dram/channel.hpp"

#include <limits>
#include <utility>

#include "memory/dram/detailed.hpp"
#include "memory/dram/plain.hpp"
#include "ring.hpp"

namespace npu::togsim {
namespace {

constexpr DramCycle kNeverDone{std::numeric_limits<std::int64_t>::max()};

// A channel of the simple model: when a request is complete is known when it is pushed. It counts
// when its start has come: a program may end ahead of the last writes of its cache.
class SimpleChannel final : public DramChannel {
 public:
  SimpleChannel(std::shared_ptr<Dram> dram, std::uint32_t channel, std::int64_t period)
      : dram_(std::move(dram)), channel_(channel), period_(period) {}

  void push(DramCycle arrival, std::uint64_t, bool write, std::uint64_t id) override {
    const Service service = dram_->serve(channel_, arrival, write);
    dram::Completion done;
    done.id = id;
    done.tick = service.data;
    done.arrival = done.accepted = arrival;
    done.first_command = done.column = service.start;
    done.refresh_wait = service.refresh_wait;
    done.column_wait = service.turnaround_wait;
    done.write = write;
    queue_.push(done);
    to_start_.push({service, write});
  }

  void advance(DramCycle until, std::vector<dram::Completion>& out) override {
    until_ = std::max(until_, until);
    for (; !to_start_.empty() && to_start_.front().service.start < until_; to_start_.pop()) {
      count_service(stats_, to_start_.front().service, to_start_.front().write, period_);
    }
    for (; !queue_.empty() && queue_.front().tick <= until; queue_.pop()) {
      out.push_back(queue_.front());
    }
  }

  [[nodiscard]] DramCycle next() const override {
    return queue_.empty() ? kNeverDone : queue_.front().tick;
  }
  [[nodiscard]] bool idle() const override { return queue_.empty(); }

  // Of those that have not started only the first one can have waited already.
  [[nodiscard]] ChannelStats stats() const override {
    ChannelStats stats = stats_;
    if (!to_start_.empty()) count_pauses(stats, to_start_.front().service, until_);
    return stats;
  }

 private:
  struct Waiting {
    Service service;
    bool write = false;
  };

  std::shared_ptr<Dram> dram_;
  std::uint32_t channel_;
  std::int64_t period_;
  DramCycle until_;            // the cycles before it are over
  Ring<dram::Completion> queue_;
  Ring<Waiting> to_start_;
  ChannelStats stats_;
};

}  // namespace

Clock<DramCycle> dram_clock(const MachineSpec& machine) {
  if (!machine.dram_model) return Clock<DramCycle>(machine.dram_freq_mhz);
  return Clock<DramCycle>(Period{machine.dram_model->tick_num, machine.dram_model->tick_den});
}

std::vector<std::unique_ptr<DramChannel>> make_dram_channels(const MachineSpec& machine,
                                                             bool plain) {
  std::vector<std::unique_ptr<DramChannel>> channels;
  std::shared_ptr<Dram> simple;
  if (!machine.dram_model && !plain) simple = std::make_shared<Dram>(machine);
  for (std::int64_t i = 0; i < machine.dram_channels; ++i) {
    if (machine.dram_model) {
      channels.push_back(make_detailed_channel(machine, plain));
    } else if (plain) {
      channels.push_back(std::make_unique<PlainChannel>(machine, i));
    } else {
      channels.push_back(std::make_unique<SimpleChannel>(
          simple, static_cast<std::uint32_t>(i), machine.dram_stats_print_period_cycles));
    }
  }
  return channels;
}

}  // namespace npu::togsim
