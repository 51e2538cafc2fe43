// A controller that looks at two requests a bank, in ticks in which something can happen.
//
// Between two such ticks nothing changes but time, so a tick is passed over if no command of any
// request considered is ready in it, no request can be accepted and no refresh falls due.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dram/engine.hpp"
#include "dram/fast/device.hpp"
#include "dram/fast/queue.hpp"
#include "dram/ring.hpp"

namespace npu::togsim::dram {

class FastEngine : public Engine {
 public:
  FastEngine(const Spec& spec, bool log_commands);

  void run(std::int64_t until, bool stop_when_idle, std::vector<Completion>& out) override;
  [[nodiscard]] bool idle() const override;
  [[nodiscard]] std::int64_t next() const override;

 protected:
  // What may issue now: the oldest of those considered.
  struct Candidate {
    Slot slot = kNoSlot;  // kNoSlot: none
    Act act = Act::Read;
    std::int64_t age = kNever;
    [[nodiscard]] bool found() const { return slot != kNoSlot; }
  };

  // Issues this tick's commands. Every command that is considered and not ready is announced to
  // wake(), every tick that may differ from this one for another reason too.
  virtual void schedule() = 0;
  [[nodiscard]] virtual bool has_activating() const { return false; }
  // Takes a request that awaits the second command of its activation (LPDDR5 of 2.1).
  virtual void activating(Slot) {}
  // The command of a request whose row is open, and from when it may issue.
  [[nodiscard]] virtual Act column_act(bool write, std::size_t) const {
    return write ? Act::Write : Act::Read;
  }
  [[nodiscard]] virtual std::int64_t column_ready(Act act, std::size_t bank) const {
    return device_.earliest(act, bank);
  }

  // A command of one bank has issued.
  virtual void issued(Act, std::size_t) {}

  // The next tick worth a look is no later than this one.
  void wake(std::int64_t tick) { wake_ = tick < wake_ ? tick : wake_; }
  void look_again() { wake_ = now_ + 1; }

  void consider_active(Candidate& best);
  void consider_hits(const FastQueue& queue, Candidate& best);
  // `allowed(act, bank)`: whether this command may issue; who refuses must see to waking.
  template <class Allowed>
  void consider_others(const FastQueue& queue, Candidate& best, Allowed allowed);
  FastQueue& read_or_write_queue();

  [[nodiscard]] bool refresh_waits() const { return !priority_.empty(); }
  [[nodiscard]] std::size_t refreshing_node() const { return priority_.front(); }
  [[nodiscard]] Act refresh_act() const {
    return device_.any_open(priority_.front()) ? Act::CloseAll : Act::Refresh;
  }
  // Whether the first refresh's next command would close the bank of an active request.
  [[nodiscard]] bool refresh_closes_active() const {
    return active_in_[priority_.front()] > 0 && device_.any_open(priority_.front());
  }
  [[nodiscard]] bool is_active(std::size_t bank) const { return active_[bank] != kNoSlot; }
  void issue_refresh(Act act);
  void issue(const Candidate& candidate);
  // The command alone; issue() also moves its request on.
  void send(const Candidate& candidate);

  [[nodiscard]] std::size_t bank_of(Slot slot) const {
    return static_cast<std::size_t>(pool_[slot].request.bank);
  }

  SlotPool pool_;
  FastDevice device_;
  FastQueue read_;
  FastQueue write_;

 private:
  void tick();
  void add_refreshes();
  [[nodiscard]] bool nothing_queued() const {
    return read_.empty() && write_.empty() && active_banks_.empty() && !has_activating();
  }
  void accept();
  [[nodiscard]] bool full(bool write) const;
  [[nodiscard]] std::int64_t next_tick() const;
  void add_pending(Completion& done, std::int64_t data);
  void flush(std::int64_t until);
  [[nodiscard]] bool leaves_queue(const Candidate& candidate) const;
  void leave_queue(Slot slot);
  void row_changed(std::size_t bank);
  void first_opening(Slot slot);
  void opened(Slot slot);
  void finish(Slot slot);
  [[nodiscard]] auto hits(std::size_t bank) const {
    return [this, bank](std::int32_t row) { return device_.is_open_on(bank, row); };
  }

  std::vector<Slot> active_;             // by bank: the request that opened its row
  BankSet active_banks_;
  std::vector<std::int64_t> active_in_;  // how many, by refresh node
  Ring<std::size_t> priority_;           // nodes to refresh
  std::array<std::int32_t, kActs> commands_;  // in Spec::commands, by Act
  std::int64_t next_refresh_;
  std::int64_t wake_ = 1;                // nothing can issue before this tick
  bool write_mode_ = false;
  bool blocked_ = false;                 // the first request found its queue full
  Ring<Completion> pending_;             // reads, with the tick at which they leave
  std::int64_t last_read_ = 0;           // of the youngest of them
  std::vector<Completion>* out_ = nullptr;
};

template <class Allowed>
void FastEngine::consider_others(const FastQueue& queue, Candidate& best, Allowed allowed) {
  for (const std::size_t bank : queue.others()) {
    const std::int64_t age = queue.other_age(bank);
    if (age > best.age) continue;
    const RowState state = device_.state(bank);
    const Act act = state == RowState::Closed ? Act::Open
                    : state == RowState::Open ? Act::Close
                                              : Act::Open2;
    if (!allowed(act, bank)) continue;
    const std::int64_t ready = device_.earliest(act, bank);
    if (ready > now_) wake(ready);
    else best = {queue.other(bank), act, age};
  }
}

}  // namespace npu::togsim::dram
