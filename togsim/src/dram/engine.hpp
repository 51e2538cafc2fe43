// What both ways of running a controller share: requests before acceptance, the decoding of
// addresses, what is counted of a request, and the log.
#pragma once

#include <cstdint>
#include <vector>

#include "dram/controller.hpp"
#include "dram/refresh_ledger.hpp"
#include "dram/ring.hpp"
#include "dram/shape.hpp"
#include "listening.hpp"

namespace npu::togsim::dram {

constexpr std::int64_t kNever = std::int64_t{1} << 62;

// A read or write between its acceptance and its column command.
struct Request {
  std::uint64_t address = 0;
  std::uint64_t id = 0;
  std::int64_t arrival = 0;
  std::int64_t accepted = 0;
  std::int64_t refresh_passed = 0;  // of its refresh node, when it was accepted
  std::int64_t first_command = -1;  // -1: none yet
  std::int32_t bank = 0;
  std::int32_t row = 0;
  bool write = false;
  RowOutcome outcome = RowOutcome::Hit;
};

// When a bank's row was opened, and what its refresh node had passed by then.
struct Opening {
  std::int64_t tick = 0;
  std::int64_t refresh_passed = 0;
};

class Engine {
 public:
  Engine(const Spec& spec, bool log_commands);
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void push(std::int64_t arrival, std::uint64_t address, bool write, std::uint64_t id);
  // Simulates the ticks up to `until`, or until nothing is left.
  virtual void run(std::int64_t until, bool stop_when_idle, std::vector<Completion>& out) = 0;
  [[nodiscard]] virtual bool idle() const = 0;
  [[nodiscard]] virtual std::int64_t next() const = 0;

  [[nodiscard]] std::int64_t now() const { return now_; }
  [[nodiscard]] const ControllerStats& stats() const { return stats_; }
  [[nodiscard]] const std::vector<CommandRecord>& commands() const { return log_; }

 protected:
  struct Arrival {
    std::int64_t tick = 0;
    std::uint64_t address = 0;
    std::uint64_t id = 0;
    bool write = false;
  };

  // A request of the FIFO, accepted in the tick after `now_`.
  Request accepted(const Arrival& arrival);
  [[nodiscard]] Opening opening(std::size_t bank) const { return {now_, refresh_passed(bank)}; }
  void count_first_command(Request& request, RowOutcome outcome);
  void count_queue(std::size_t reads, std::size_t writes);
  void count_activation(std::size_t bank) { ++stats_.activations[bank]; }
  // A request whose column command issues now.
  Completion finished(const Request& request, const Opening& opened);
  // A read that a waiting write answers, or a write that a waiting write replaces.
  Completion short_cut(const Arrival& arrival, RowOutcome outcome);
  // Its last data is there at `tick`. Called once for every request.
  void complete(Completion& completion, std::int64_t tick);
  // Counts a command that issues now, and logs it where that is wanted.
  void record(std::int32_t command, const Request& request);
  void record_maintenance(std::int32_t command, std::size_t node);

  void refresh_due(std::size_t node) { ledger_.due(node, now_); }
  void refresh_issued(std::size_t node) { ledger_.issued(node, now_); }
  [[nodiscard]] std::int64_t refresh_nodes() const { return refresh_nodes_; }
  [[nodiscard]] std::size_t refresh_node(std::size_t bank) const {
    return shape_.node_of(bank, refresh_level_);
  }

  const Spec spec_;
  const Shape shape_;
  const Roles roles_;
  const bool second_generation_;  // rules of 2.1
  const bool logging_;
  std::int64_t now_ = 0;          // the last tick simulated
  Ring<Arrival> arrivals_;
  ControllerStats stats_;
  Turns turns_;                   // of the loop over ticks

 private:
  [[nodiscard]] std::int64_t refresh_passed(std::size_t bank) const {
    return refresh_nodes_ == 0 ? 0 : ledger_.passed(refresh_node(bank), now_);
  }
  WaitTicks& wait_of(const Completion& completion) {
    return completion.write ? stats_.write_wait : stats_.read_wait;
  }

  std::int64_t refresh_nodes_;    // 0 = no refresh
  std::size_t refresh_level_;
  RefreshLedger ledger_;
  std::vector<CommandRecord> log_;
};

}  // namespace npu::togsim::dram
