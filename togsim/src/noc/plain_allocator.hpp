// Allocators as their rules are written: every requester and resource looked at each time.
#pragma once

#include <cstddef>
#include <vector>

#include "noc/spec.hpp"

namespace npu::togsim::noc {

// A matching by requests[requester][resource], as docs/noc.md defines each kind of allocator.
class PlainAllocator {
 public:
  PlainAllocator(const AllocatorSpec& spec, std::size_t requesters, std::size_t resources);

  // The resource of each requester, or -1. Raises nothing; pointers move.
  std::vector<int> allocate(const std::vector<std::vector<bool>>& requests);

 private:
  [[nodiscard]] static int round_robin(const std::vector<bool>& choice, std::size_t pointer);
  void islip_iteration(const std::vector<std::vector<bool>>& requests, bool first);
  void separable_input_first(const std::vector<std::vector<bool>>& requests);
  void match(std::size_t requester, std::size_t resource, bool move_pointers);

  AllocatorSpec spec_;
  std::vector<std::size_t> grant_pointer_;   // [resource]
  std::vector<std::size_t> accept_pointer_;  // [requester]
  std::vector<int> resource_of_;
  std::vector<int> requester_of_;
};

}  // namespace npu::togsim::noc
