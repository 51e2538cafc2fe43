// Policies: which of a queue's waiting launches starts next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "units.hpp"

namespace npu::togsim {

// A launch that has not started, as a policy sees it. Launches are numbered by age.
struct Ticket {
  std::size_t launch = 0;
  std::size_t request = 0;  // which run of a graph it belongs to; numbered by age
  std::int64_t priority = 0;
  CoreCycle arrival;
};

// Whether a launch has work for the core that asks.
using Fits = std::function<bool(std::size_t launch)>;

// One queue's policy. It is asked whenever a core of the queue has nothing to do, and hands each core
// each launch that has work for it once; a launch starts when the first core gets it.
class Policy {
 public:
  virtual ~Policy() = default;

  // A launch has been submitted; launches come in the order of their numbers.
  virtual void submit(const Ticket& ticket) = 0;

  // A submitted launch has arrived and all that it waits for is complete: it may start.
  virtual void ready(const Ticket& ticket) = 0;

  // What the core shall do next; nothing when there is nothing for it yet. `core` counts the cores
  // of the queue.
  virtual std::optional<std::size_t> next(std::size_t core, const Fits& fits) = 0;
};

// `scheduler` of the machine to the policy of a queue of so many cores: simple and fifo,
// round_robin, priority. Throws Error for another name.
[[nodiscard]] std::unique_ptr<Policy> make_policy(const std::string& scheduler, std::size_t cores);

}  // namespace npu::togsim
