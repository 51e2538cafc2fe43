// One DRAM channel's controller. Rules and their sources: docs/dram.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "dram/spec.hpp"
#include "dram/stats.hpp"
#include "units.hpp"

namespace npu::togsim::dram {

enum class RowOutcome : std::uint8_t {
  Hit, Miss, Conflict,
  Forwarded,  // a read of an address that waits in the write queue
  Absorbed,   // a write to an address that waits in the write queue (2.1)
};

// A request's way through the controller. Tick a of a request accepted in the a-th tick (from 0);
// its earliest command issues at a + 1. A read is complete when its data is, a write when WR issues.
// arrival <= accepted < first_command <= column <= tick. With the parts as WaitTicks defines them,
// tick - arrival = (accepted - arrival) + bank_wait + column_wait + refresh_wait + (tick - column).
struct Completion {
  std::uint64_t id = 0;
  DramCycle tick;
  DramCycle arrival;
  DramCycle accepted;
  DramCycle first_command;  // of forwarded and absorbed ones these two are `accepted`
  DramCycle column;
  std::int64_t bank_wait = 0;     // parts of WaitTicks
  std::int64_t column_wait = 0;
  std::int64_t refresh_wait = 0;
  bool write = false;
  RowOutcome row = RowOutcome::Hit;
  bool operator==(const Completion&) const = default;
};

constexpr std::size_t kMaxLevels = 8;

struct CommandRecord {
  std::int64_t tick = 0;
  std::int32_t command = 0;  // index in Spec::commands
  char request = 'R';        // 'R', 'W', or 'M' for maintenance
  std::array<std::int32_t, kMaxLevels> address{};  // one a level; -1 = all below
  bool operator==(const CommandRecord&) const = default;
};

class Engine;

class Controller {
 public:
  // plain: every tick, every request of every queue, the rules as they are written. Otherwise the
  // same rules over an index, skipping ticks in which nothing can issue: equal in every respect.
  // Throws an Error for a spec that contradicts itself.
  Controller(const Spec& spec, bool plain, bool log_commands = false);
  ~Controller();
  Controller(Controller&&) noexcept;
  Controller& operator=(Controller&&) noexcept;

  // Hands over a request for the transaction at `address` (bytes, within the channel). Requests
  // wait in a FIFO of any length; its head is offered once a tick, from tick `arrival` on. Arrivals
  // do not decrease, and are not before the tick reached by advance().
  void push(DramCycle arrival, std::uint64_t address, bool write, std::uint64_t id);

  // Simulates the ticks up to and including `until`, which every request arriving before `until`
  // must precede; appends what completes at tick <= until, in order of tick.
  void advance(DramCycle until, std::vector<Completion>& out);

  // Simulates until no request is left, and returns the tick of the last completion.
  DramCycle drain(std::vector<Completion>& out);

  // No request is anywhere. Refresh goes on, when advance() is called.
  [[nodiscard]] bool idle() const;

  // No completion comes before this tick unless another request is pushed; a large number if idle.
  [[nodiscard]] DramCycle next() const;

  [[nodiscard]] DramCycle now() const;  // the last `until`
  [[nodiscard]] const ControllerStats& stats() const;
  [[nodiscard]] const std::vector<CommandRecord>& commands() const;  // empty unless logged

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace npu::togsim::dram
