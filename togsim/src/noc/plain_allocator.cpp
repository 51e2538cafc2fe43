#include "noc/plain_allocator.hpp"

#include <cstdint>

namespace npu::togsim::noc {

PlainAllocator::PlainAllocator(const AllocatorSpec& spec, std::size_t requesters,
                               std::size_t resources)
    : spec_(spec), grant_pointer_(resources, 0), accept_pointer_(requesters, 0) {}

int PlainAllocator::round_robin(const std::vector<bool>& choice, std::size_t pointer) {
  for (std::size_t i = 0; i < choice.size(); ++i) {
    const std::size_t at = (pointer + i) % choice.size();
    if (choice[at]) return static_cast<int>(at);
  }
  return -1;
}

std::vector<int> PlainAllocator::allocate(const std::vector<std::vector<bool>>& requests) {
  resource_of_.assign(accept_pointer_.size(), -1);
  requester_of_.assign(grant_pointer_.size(), -1);
  if (spec_.kind == AllocatorKind::SeparableInputFirst) {
    separable_input_first(requests);
    return resource_of_;
  }
  const std::int64_t iterations = spec_.kind == AllocatorKind::Islip ? spec_.iterations : 1;
  for (std::int64_t i = 0; i < iterations; ++i) islip_iteration(requests, i == 0);
  return resource_of_;
}

void PlainAllocator::match(std::size_t requester, std::size_t resource, bool move_pointers) {
  resource_of_[requester] = static_cast<int>(resource);
  requester_of_[resource] = static_cast<int>(requester);
  if (!move_pointers) return;
  grant_pointer_[resource] = (requester + 1) % accept_pointer_.size();
  accept_pointer_[requester] = (resource + 1) % grant_pointer_.size();
}

void PlainAllocator::islip_iteration(const std::vector<std::vector<bool>>& requests, bool first) {
  const std::size_t requesters = accept_pointer_.size();
  const std::size_t resources = grant_pointer_.size();
  std::vector<std::vector<bool>> granted(requesters, std::vector<bool>(resources, false));
  for (std::size_t resource = 0; resource < resources; ++resource) {
    if (requester_of_[resource] >= 0) continue;
    std::vector<bool> asking(requesters, false);
    for (std::size_t r = 0; r < requesters; ++r) {
      asking[r] = resource_of_[r] < 0 && requests[r][resource];
    }
    const int chosen = round_robin(asking, grant_pointer_[resource]);
    if (chosen >= 0) granted[static_cast<std::size_t>(chosen)][resource] = true;
  }
  for (std::size_t r = 0; r < requesters; ++r) {
    const int resource = round_robin(granted[r], accept_pointer_[r]);
    if (resource >= 0) match(r, static_cast<std::size_t>(resource), first);
  }
}

void PlainAllocator::separable_input_first(const std::vector<std::vector<bool>>& requests) {
  const std::size_t requesters = accept_pointer_.size();
  const std::size_t resources = grant_pointer_.size();
  std::vector<int> proposal(requesters, -1);
  for (std::size_t r = 0; r < requesters; ++r) {
    proposal[r] = round_robin(requests[r], accept_pointer_[r]);
  }
  for (std::size_t resource = 0; resource < resources; ++resource) {
    std::vector<bool> proposed(requesters, false);
    for (std::size_t r = 0; r < requesters; ++r) {
      proposed[r] = proposal[r] == static_cast<int>(resource);
    }
    const int winner = round_robin(proposed, grant_pointer_[resource]);
    if (winner >= 0) match(static_cast<std::size_t>(winner), resource, true);
  }
}

}  // namespace npu::togsim::noc
