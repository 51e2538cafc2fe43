#include "noc/vc_allocator.hpp"

#include <algorithm>

namespace npu::togsim::noc {

VcAllocator::VcAllocator(const AllocatorSpec& spec, std::size_t inputs, std::size_t outputs,
                         std::size_t num_vcs)
    : spec_(spec), requesters_(inputs * num_vcs), outputs_(outputs), num_vcs_(num_vcs),
      asked_(1, outputs), waiters_(outputs) {
  grant_pointer_.assign(outputs * num_vcs, 0);
  accept_pointer_.assign(requesters_, 0);
  matches_.reserve(requesters_);
}

void VcAllocator::wait(std::uint32_t requester, std::uint32_t output, std::uint64_t vcs) {
  std::vector<Waiter>& queue = waiters_[output];
  auto at = queue.end();
  while (at != queue.begin() && (at - 1)->requester > requester) --at;
  queue.insert(at, {requester, vcs, 0});
  asked_.set(0, output);
  ++waiting_;
}

const std::vector<VcAllocator::Match>& VcAllocator::allocate(
    const std::vector<std::uint64_t>& free) {
  matches_.clear();
  if (waiting_ == 0) return matches_;
  asked_.each(0, [&](std::size_t output) {
    std::uint64_t left = free[output];
    if (left == 0) return;
    const std::size_t before = matches_.size();
    if (waiters_[output].size() == 1) {
      one_waiter(output, left);
    } else if (spec_.kind == AllocatorKind::SeparableInputFirst) {
      separable_input_first(output, left);
    } else {
      const std::int64_t iterations = spec_.kind == AllocatorKind::Islip ? spec_.iterations : 1;
      for (std::int64_t i = 0; i < iterations && left != 0; ++i) {
        const std::uint64_t taken = islip_iteration(output, left, i == 0);
        if (taken == 0) break;
        left &= ~taken;
      }
    }
    if (matches_.size() != before) remove_matched(output);
  });
  return matches_;
}

// A lone packet is granted all it asks for, in every kind of allocator.
void VcAllocator::one_waiter(std::size_t output, std::uint64_t free) {
  Waiter& waiter = waiters_[output].front();
  const std::uint64_t choice = free & waiter.vcs;
  if (choice == 0) return;
  match(waiter, output, accepted(waiter, output, choice), true);
  waiter.vcs = 0;
}

// The channel of `choice` at the requester's pointer or after it, over the channels of all outputs.
std::size_t VcAllocator::accepted(const Waiter& waiter, std::size_t output,
                                  std::uint64_t choice) const {
  const std::size_t pointer = accept_pointer_[waiter.requester];
  const std::size_t base = output * num_vcs_;
  const bool inside = pointer >= base && pointer < base + num_vcs_;
  return first_from(choice, inside ? pointer - base : 0);
}

// The unmatched waiter that may use the channel, at the channel's pointer or after it.
VcAllocator::Waiter* VcAllocator::next_waiter(std::size_t output, std::size_t vc) {
  std::vector<Waiter>& queue = waiters_[output];
  const std::uint32_t pointer = grant_pointer_[output * num_vcs_ + vc];
  Waiter* wrapped = nullptr;
  for (Waiter& waiter : queue) {
    if ((waiter.vcs & bit(vc)) == 0) continue;
    if (waiter.requester >= pointer) return &waiter;
    if (wrapped == nullptr) wrapped = &waiter;
  }
  return wrapped;
}

// As in switch_allocator.cpp; a matched waiter is marked by having no channel to ask for.
std::uint64_t VcAllocator::islip_iteration(std::size_t output, std::uint64_t free, bool first) {
  for (std::uint64_t left = free; left != 0; left &= left - 1) {
    const std::size_t vc = lowest(left);
    Waiter* const waiter = next_waiter(output, vc);
    if (waiter != nullptr) waiter->granted |= bit(vc);
  }
  std::uint64_t taken = 0;
  for (Waiter& waiter : waiters_[output]) {
    if (waiter.granted == 0) continue;
    const std::size_t vc = accepted(waiter, output, waiter.granted);
    match(waiter, output, vc, first);
    taken |= bit(vc);
    waiter.granted = 0;
    waiter.vcs = 0;
  }
  return taken;
}

// Each packet proposes one channel (kept in `granted`), each channel takes one proposal.
void VcAllocator::separable_input_first(std::size_t output, std::uint64_t free) {
  std::vector<Waiter>& queue = waiters_[output];
  std::uint64_t proposed = 0;
  for (Waiter& waiter : queue) {
    const std::uint64_t choice = free & waiter.vcs;
    waiter.granted = choice == 0 ? 0 : bit(accepted(waiter, output, choice));
    proposed |= waiter.granted;
  }
  for (; proposed != 0; proposed &= proposed - 1) {
    const std::size_t vc = lowest(proposed);
    const std::uint32_t pointer = grant_pointer_[output * num_vcs_ + vc];
    Waiter* winner = nullptr;
    for (Waiter& waiter : queue) {
      if (waiter.granted != bit(vc)) continue;
      if (winner == nullptr) winner = &waiter;
      if (waiter.requester < pointer) continue;
      winner = &waiter;
      break;
    }
    match(*winner, output, vc, true);
    winner->vcs = 0;
  }
  for (Waiter& waiter : queue) waiter.granted = 0;
}

void VcAllocator::match(const Waiter& waiter, std::size_t output, std::size_t vc,
                        bool move_pointers) {
  matches_.push_back({waiter.requester, static_cast<std::uint32_t>(output),
                      static_cast<std::uint32_t>(vc)});
  if (!move_pointers) return;
  const std::size_t resource = output * num_vcs_ + vc;
  const std::size_t after = waiter.requester + std::size_t{1};
  grant_pointer_[resource] = static_cast<std::uint32_t>(after == requesters_ ? 0 : after);
  const std::size_t next = resource + 1;
  accept_pointer_[waiter.requester] =
      static_cast<std::uint32_t>(next == outputs_ * num_vcs_ ? 0 : next);
}

void VcAllocator::remove_matched(std::size_t output) {
  std::vector<Waiter>& queue = waiters_[output];
  const std::size_t before = queue.size();
  std::erase_if(queue, [](const Waiter& waiter) { return waiter.vcs == 0; });
  waiting_ -= before - queue.size();
  if (queue.empty()) asked_.clear(0, output);
}

}  // namespace npu::togsim::noc
