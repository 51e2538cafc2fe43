#include "tags.hpp"

#include <algorithm>
#include <bit>

namespace npu::togsim::l2 {

Tags::Tags(const Spec& spec)
    : index_(spec.index), eviction_(spec.eviction), ways_(spec.ways),
      set_mask_(static_cast<std::uint64_t>(spec.sets) - 1),
      set_bits_(std::countr_zero(static_cast<std::uint64_t>(spec.sets))),
      polynomial_(spec.index == SetIndex::Polynomial ? spec.sets : 1),
      sets_(static_cast<std::size_t>(spec.sets)) {}

// Linear: the low bits. Xor: those and the ones above them. Polynomial: as channels are chosen.
std::size_t Tags::set_of(std::uint64_t number) const {
  switch (index_) {
    case SetIndex::Xor: return (number ^ (number >> set_bits_)) & set_mask_;
    case SetIndex::Polynomial: return polynomial_(number);
    case SetIndex::Linear: break;
  }
  return number & set_mask_;
}

bool Tags::has_room(std::uint64_t number) const { return sets_[set_of(number)].lines < ways_; }

std::uint32_t Tags::victim(std::uint64_t number) const {
  std::uint32_t slot = sets_[set_of(number)].oldest;
  while (slot != kNone && lines_[slot].pending != 0) slot = lines_[slot].newer;
  return slot;
}

std::uint32_t Tags::allocate(std::uint64_t number) {
  std::uint32_t slot = 0;
  if (unused_.empty()) {
    slot = static_cast<std::uint32_t>(lines_.size());
    lines_.emplace_back();
  } else {
    slot = unused_.back();
    unused_.pop_back();
  }
  lines_[slot] = Line{.number = number};
  slots_.insert(number, slot);
  append(sets_[set_of(number)], slot);
  return slot;
}

void Tags::touch(std::uint32_t slot) {
  if (eviction_ == Eviction::Fifo) return;
  Set& set = sets_[set_of(lines_[slot].number)];
  if (set.newest == slot) return;
  unlink(set, slot);
  append(set, slot);
}

void Tags::free(std::uint32_t slot) {
  Line& line = lines_[slot];
  slots_.erase(line.number);
  unlink(sets_[set_of(line.number)], slot);
  line = Line{};
  unused_.push_back(slot);
}

std::vector<std::uint64_t> Tags::held(std::uint64_t first, std::uint64_t last) const {
  std::vector<std::uint64_t> numbers;
  if (last - first < lines_.size()) {
    for (std::uint64_t number = first; number <= last; ++number) {
      if (find(number) != kNone) numbers.push_back(number);
    }
    return numbers;
  }
  for (std::uint32_t slot = 0; slot < lines_.size(); ++slot) {
    const std::uint64_t number = lines_[slot].number;
    if (first <= number && number <= last && find(number) == slot) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

void Tags::append(Set& set, std::uint32_t slot) {
  lines_[slot].older = set.newest;
  lines_[slot].newer = kNone;
  (set.newest == kNone ? set.oldest : lines_[set.newest].newer) = slot;
  set.newest = slot;
  ++set.lines;
}

void Tags::unlink(Set& set, std::uint32_t slot) {
  const Line& line = lines_[slot];
  (line.older == kNone ? set.oldest : lines_[line.older].newer) = line.newer;
  (line.newer == kNone ? set.newest : lines_[line.newer].older) = line.older;
  --set.lines;
}

}  // namespace npu::togsim::l2
