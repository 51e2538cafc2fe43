// The ports of all cores: each takes one response a cycle, of those that wait the oldest first.
#pragma once

#include <cstdint>
#include <algorithm>
#include <vector>

#include "listening.hpp"
#include "memory/requests.hpp"
#include "units.hpp"

namespace npu::togsim {

struct Response {
  RequestId id = 0;
  IcntCycle back;  // when the port took it
};

// Responses are added in any order, but not before the cycle that is already served.
class ResponsePorts {
 public:
  explicit ResponsePorts(std::size_t ports) : ports_(ports), calendar_(64) {}

  // A response of a request of this age comes to a port in cycle `arrives`.
  void add(IcntCycle arrives, std::uint32_t port, std::uint64_t age, RequestId id);

  // Serves the cycles up to and including `until`.
  void serve(IcntCycle until, std::vector<Response>& out);

  // The last cycle served.
  [[nodiscard]] IcntCycle known() const { return known_; }

  // Responses that were added and not served.
  [[nodiscard]] std::size_t pending() const { return pending_; }

  // Nothing is waiting or on its way: the cycles up to `cycle` need not be served.
  void skip_to(IcntCycle cycle) { known_ = std::max(known_, cycle); }

 private:
  struct Arrival {
    std::uint64_t age;
    std::uint32_t port;
    RequestId id;
  };
  struct Waiting {
    std::uint64_t age;
    RequestId id;
  };

  [[nodiscard]] std::vector<Arrival>& day(IcntCycle cycle) {
    return calendar_[static_cast<std::size_t>(cycle.n) & (calendar_.size() - 1)];
  }
  void grow(std::size_t days);
  void serve_cycle(IcntCycle now, std::vector<Response>& out);

  std::vector<std::vector<Waiting>> ports_;     // heaps, the oldest on top
  std::vector<std::uint32_t> busy_;             // ports where something waits
  std::vector<std::vector<Arrival>> calendar_;  // of the cycles after known_; a power of two
  IcntCycle known_{-1};
  std::size_t pending_ = 0;
  Turns turns_;
};

}  // namespace npu::togsim
