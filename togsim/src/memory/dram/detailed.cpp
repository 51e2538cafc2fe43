#include "memory/dram/detailed.hpp"

namespace npu::togsim {
namespace {

// A channel with banks and rows.
class DetailedChannel final : public DramChannel {
 public:
  DetailedChannel(const MachineSpec& machine, bool plain)
      : controller_(*machine.dram_model, plain), bytes_(machine.dram_req_size_byte),
        period_(machine.dram_stats_print_period_cycles) {}

  void push(DramCycle arrival, std::uint64_t block, bool write, std::uint64_t id) override {
    controller_.push(arrival, block * static_cast<std::uint64_t>(bytes_), write, id);
  }

  void advance(DramCycle until, std::vector<dram::Completion>& out) override {
    const std::size_t first = out.size();
    controller_.advance(until, out);
    for (std::size_t i = first; i < out.size(); ++i) {
      count_in_period(by_period_, out[i].write, out[i].column, period_);
    }
  }

  [[nodiscard]] DramCycle next() const override { return controller_.next(); }
  [[nodiscard]] bool idle() const override { return controller_.idle(); }

  [[nodiscard]] ChannelStats stats() const override {
    ChannelStats stats = by_period_;
    stats.reads = controller_.stats().reads;
    stats.writes = controller_.stats().writes;
    stats.refresh_wait_cycles =
        controller_.stats().read_wait.refresh + controller_.stats().write_wait.refresh;
    stats.controller = std::make_shared<const dram::ControllerStats>(controller_.stats());
    return stats;
  }

  [[nodiscard]] const dram::ControllerStats* controller() const override {
    return &controller_.stats();
  }

 private:
  dram::Controller controller_;
  std::int64_t bytes_;  // of a block
  std::int64_t period_;
  ChannelStats by_period_;
};

}  // namespace

std::unique_ptr<DramChannel> make_detailed_channel(const MachineSpec& machine, bool plain) {
  return std::make_unique<DetailedChannel>(machine, plain);
}

}  // namespace npu::togsim
