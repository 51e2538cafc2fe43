#include "schedule/policies.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

#include "error.hpp"

namespace npu::togsim {
namespace {

// First in, first out: every core takes launches in the order of their numbers. One that is not
// ready holds all behind it, on all cores.
class Fifo final : public Policy {
 public:
  explicit Fifo(std::size_t cores) : passed_(cores) {}

  void submit(const Ticket& ticket) override { line_.push_back({ticket.launch, false}); }

  void ready(const Ticket& ticket) override {
    const auto before = [](const Waiting& one, std::size_t launch) { return one.launch < launch; };
    std::lower_bound(line_.begin(), line_.end(), ticket.launch, before)->ready = true;
    while (held_ < line_.size() && line_[held_].ready) ++held_;
  }

  std::optional<std::size_t> next(std::size_t core, const Fits& fits) override {
    std::size_t& at = passed_[core];
    while (at < held_) {
      const std::size_t launch = line_[at++].launch;
      if (fits(launch)) return launch;
    }
    return std::nullopt;
  }

 private:
  struct Waiting {
    std::size_t launch = 0;
    bool ready = false;
  };

  std::vector<Waiting> line_;
  std::size_t held_ = 0;             // the first entry that is not ready
  std::vector<std::size_t> passed_;  // of each core: entries it has taken or has no work in
};

// Ready launches in an order of their own; what is not ready holds nobody. A core first does its
// part of what has started, in the order of the starts.
template <class Before>
class Ordered : public Policy {
 public:
  explicit Ordered(std::size_t cores) : passed_(cores) {}

  void submit(const Ticket&) override {}

  void ready(const Ticket& ticket) override {
    line_.insert(std::upper_bound(line_.begin(), line_.end(), ticket, Before{}), ticket);
  }

  std::optional<std::size_t> next(std::size_t core, const Fits& fits) override {
    std::size_t& at = passed_[core];
    while (at < started_.size()) {
      const std::size_t launch = started_[at++];
      if (fits(launch)) return launch;
    }
    const auto picked = pick(fits);
    if (!picked) return std::nullopt;
    started_.push_back(*picked);
    at = started_.size();
    return picked;
  }

 protected:
  // Takes out of the line the launch to start on a core.
  virtual std::optional<std::size_t> pick(const Fits& fits) = 0;

  // Takes out the first of [begin, end) that fits.
  std::optional<Ticket> take(std::size_t begin, std::size_t end, const Fits& fits) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!fits(line_[i].launch)) continue;
      const Ticket ticket = line_[i];
      line_.erase(line_.begin() + static_cast<std::ptrdiff_t>(i));
      return ticket;
    }
    return std::nullopt;
  }

  [[nodiscard]] const std::vector<Ticket>& line() const { return line_; }

 private:
  std::vector<Ticket> line_;
  std::vector<std::size_t> started_;  // in the order of the starts
  std::vector<std::size_t> passed_;   // of each core: entries it has taken or has no work in
};

struct ByRequest {
  bool operator()(const Ticket& a, const Ticket& b) const {
    return std::tie(a.request, a.launch) < std::tie(b.request, b.launch);
  }
};

// One launch of each request in turn, in the order of their numbers; of a request, the oldest.
class RoundRobin final : public Ordered<ByRequest> {
 public:
  using Ordered::Ordered;

 protected:
  std::optional<std::size_t> pick(const Fits& fits) override {
    const std::size_t turn = behind(served_);
    auto ticket = take(turn, line().size(), fits);
    if (!ticket) ticket = take(0, turn, fits);
    if (!ticket) return std::nullopt;
    served_ = ticket->request;
    return ticket->launch;
  }

 private:
  // Where the requests with numbers above `request` begin.
  [[nodiscard]] std::size_t behind(std::optional<std::size_t> request) const {
    if (!request) return 0;
    const Ticket last{std::numeric_limits<std::size_t>::max(), *request, 0, {}};
    const auto next = std::upper_bound(line().begin(), line().end(), last, ByRequest{});
    return static_cast<std::size_t>(next - line().begin());
  }

  std::optional<std::size_t> served_;  // the request of the latest launch
};

struct ByPriority {
  bool operator()(const Ticket& a, const Ticket& b) const {
    if (a.priority != b.priority) return a.priority > b.priority;
    return std::tie(a.arrival, a.launch) < std::tie(b.arrival, b.launch);
  }
};

// The highest priority first; of equal ones the one that arrived first, then the oldest.
class Priority final : public Ordered<ByPriority> {
 public:
  using Ordered::Ordered;

 protected:
  std::optional<std::size_t> pick(const Fits& fits) override {
    const auto ticket = take(0, line().size(), fits);
    if (!ticket) return std::nullopt;
    return ticket->launch;
  }
};

}  // namespace

std::unique_ptr<Policy> make_policy(const std::string& scheduler, std::size_t cores) {
  if (scheduler == "simple" || scheduler == "fifo") return std::make_unique<Fifo>(cores);
  if (scheduler == "round_robin") return std::make_unique<RoundRobin>(cores);
  if (scheduler == "priority") return std::make_unique<Priority>(cores);
  throw Error("scheduler '" + scheduler +
              "' is not known; expected simple, fifo, round_robin or priority");
}

}  // namespace npu::togsim
