// How long each node has stood due for refresh or refreshing, so that a request can tell how much
// of its waiting a refresh was.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace npu::togsim::dram {

class RefreshLedger {
 public:
  // `length`: ticks from a REFab to the first ACT after it.
  RefreshLedger(std::size_t nodes, std::int64_t length) : nodes_(nodes), length_(length) {}

  // A refresh of the node is due from tick `now`.
  void due(std::size_t node, std::int64_t now) {
    Window& window = nodes_[node];
    if (window.waiting++ > 0) return;
    window.passed += std::max<std::int64_t>(0, std::min(now, window.end) - window.start);
    window.start = now;
    window.end = kOpen;
  }

  // Its REFab issues at `now`.
  void issued(std::size_t node, std::int64_t now) {
    Window& window = nodes_[node];
    if (--window.waiting == 0) window.end = now + length_;
  }

  // The ticks before `now` in which the node was due or refreshing.
  [[nodiscard]] std::int64_t passed(std::size_t node, std::int64_t now) const {
    const Window& window = nodes_[node];
    return window.passed +
           std::max<std::int64_t>(0, std::min(now, window.end) - window.start);
  }

 private:
  static constexpr std::int64_t kOpen = std::numeric_limits<std::int64_t>::max();

  struct Window {
    std::int64_t passed = 0;  // of windows before this one
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t waiting = 0;
  };

  std::vector<Window> nodes_;
  std::int64_t length_;
};

}  // namespace npu::togsim::dram
