#include "noc/switch_allocator.hpp"

#include <algorithm>

namespace npu::togsim::noc {

SwitchAllocator::SwitchAllocator(const AllocatorSpec& spec, std::size_t inputs,
                                 std::size_t outputs)
    : spec_(spec), inputs_(inputs), outputs_(outputs) {
  const std::size_t longest = std::max(inputs, outputs);
  of_output_ = BitRows(outputs, longest);
  of_input_ = BitRows(inputs, longest);
  asked_ = BitRows(2, longest);
  matched_ = BitRows(2, longest);
  granted_ = BitRows(longest, longest);
  none_ = BitRows(1, longest);
  touched_.reserve(longest);
  matches_.reserve(longest);
  grant_pointer_.assign(outputs, 0);
  accept_pointer_.assign(inputs, 0);
}

void SwitchAllocator::request(std::size_t input, std::size_t output) {
  if (of_output_.has(output, input)) return;
  of_output_.set(output, input);
  of_input_.set(input, output);
  asked_.set(0, output);
  asked_.set(1, input);
  ++requests_;
}

void SwitchAllocator::withdraw(std::size_t input, std::size_t output) {
  if (!of_output_.has(output, input)) return;
  of_output_.clear(output, input);
  of_input_.clear(input, output);
  if (of_output_.empty(output)) asked_.clear(0, output);
  if (of_input_.empty(input)) asked_.clear(1, input);
  --requests_;
}

const std::vector<SwitchAllocator::Match>& SwitchAllocator::allocate() {
  matches_.clear();
  if (requests_ == 0) return matches_;
  if (spec_.kind == AllocatorKind::SeparableInputFirst) {
    separable_input_first();
    return matches_;
  }
  // Output first with one arbiter a side is what one iteration of iSLIP does.
  matched_.clear_row(0);
  matched_.clear_row(1);
  const std::int64_t iterations = spec_.kind == AllocatorKind::Islip ? spec_.iterations : 1;
  for (std::int64_t i = 0; i < iterations; ++i) {
    const std::size_t before = matches_.size();
    islip_iteration(i == 0);
    if (matches_.size() == before) break;
  }
  return matches_;
}

void SwitchAllocator::match(std::size_t input, std::size_t output, bool move_pointers) {
  matches_.push_back({static_cast<std::uint32_t>(input), static_cast<std::uint32_t>(output)});
  if (!move_pointers) return;
  grant_pointer_[output] = static_cast<std::uint32_t>(input + 1 == inputs_ ? 0 : input + 1);
  accept_pointer_[input] = static_cast<std::uint32_t>(output + 1 == outputs_ ? 0 : output + 1);
}

// McKeown, "The iSLIP scheduling algorithm for input-queued switches", IEEE/ACM Transactions on
// Networking 7(2), 1999: free outputs grant, inputs accept, pointers move past a match of the
// first iteration only.
void SwitchAllocator::islip_iteration(bool first) {
  touched_.clear();
  asked_.each(0, [&](std::size_t output) {
    if (matched_.has(1, output)) return;
    const std::size_t input =
        of_output_.first_from(output, grant_pointer_[output], matched_, 0);
    if (input == BitRows::kNone) return;
    if (granted_.empty(input)) touched_.push_back(static_cast<std::uint32_t>(input));
    granted_.set(input, output);
  });
  for (const std::uint32_t input : touched_) {
    const std::size_t output = granted_.first_from(input, accept_pointer_[input], none_, 0);
    matched_.set(0, input);
    matched_.set(1, output);
    match(input, output, first);
    granted_.clear_row(input);
  }
}

// Each input proposes one output, each output takes one proposal.
void SwitchAllocator::separable_input_first() {
  touched_.clear();
  asked_.each(1, [&](std::size_t input) {
    const std::size_t output = of_input_.first_from(input, accept_pointer_[input], none_, 0);
    if (granted_.empty(output)) touched_.push_back(static_cast<std::uint32_t>(output));
    granted_.set(output, input);
  });
  for (const std::uint32_t output : touched_) {
    const std::size_t input = granted_.first_from(output, grant_pointer_[output], none_, 0);
    match(input, output, true);
    granted_.clear_row(output);
  }
}

}  // namespace npu::togsim::noc
