// A controller that looks at every request of every queue in every tick.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "dram/engine.hpp"
#include "dram/plain/device.hpp"

namespace npu::togsim::dram {

class PlainEngine : public Engine {
 public:
  PlainEngine(const Spec& spec, bool log_commands);

  void run(std::int64_t until, bool stop_when_idle, std::vector<Completion>& out) override;
  [[nodiscard]] bool idle() const override;
  [[nodiscard]] std::int64_t next() const override;

 protected:
  struct Waiting {
    Request request;
    Address address;
    std::int64_t deadline = kNever;  // LPDDR5, activating: of its ACT2
  };
  using Queue = std::vector<Waiting>;

  // What a slot may issue: a request of a queue, or (queue empty) the first refresh.
  struct Candidate {
    Queue* queue = nullptr;
    std::size_t index = 0;
    std::int32_t command = kNoCommand;
  };
  using Filter = std::function<bool(const Waiting&, std::int32_t command)>;

  // Issues this tick's commands.
  virtual void schedule() = 0;
  [[nodiscard]] virtual bool nothing_held() const { return true; }

  // First come, first served among the requests whose next command passes the filter and may issue.
  std::optional<Candidate> oldest_ready(Queue& queue, const Filter& filter);
  // The next command of the first refresh in the priority queue, if it may issue.
  std::optional<Candidate> refresh_if_ready();
  // The queue that reads and writes are taken from now.
  Queue& read_or_write_queue();
  // Whether a command would close the bank of a request that is between its ACT and its column.
  [[nodiscard]] bool closes_active(std::int32_t command, const Address& address) const;
  [[nodiscard]] const Address& address_of(const Candidate& candidate) const;
  // Issues a command and moves its request on.
  void issue(const Candidate& candidate);

  PlainDevice device_;
  Queue active_;
  Queue read_;
  Queue write_;
  Queue activating_;                      // LPDDR5 of 2.1: between ACT1 and ACT2
  std::deque<std::size_t> priority_;      // nodes to refresh
  std::vector<Address> refresh_address_;  // of every node

 private:
  void tick();
  void accept();
  bool accept_read(const Arrival& arrival);
  bool accept_write(const Arrival& arrival);
  [[nodiscard]] bool write_waits(std::uint64_t address) const;
  void retire();
  void add_refreshes();
  void issue_refresh(std::int32_t command);
  void finish(const Waiting& waiting);

  std::deque<Completion> pending_;  // reads; `tick` is when their data is there
  std::vector<Completion>* out_ = nullptr;
  bool write_mode_ = false;
};

}  // namespace npu::togsim::dram
