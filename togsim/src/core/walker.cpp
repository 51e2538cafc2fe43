#include "core/walker.hpp"

#include <algorithm>

#include "error.hpp"

namespace npu::togsim {

void find_empty_loops(KernelSpec& kernel) {
  bool empty = true;  // from here to the end of the loop, or to the end of the code
  std::vector<bool> outside;
  for (std::size_t i = kernel.code.size(); i-- > 0;) {
    Node& node = kernel.code[i];
    if (node.op == Opcode::LoopEnd) {
      outside.push_back(empty);
      empty = true;
    } else if (node.op == Opcode::LoopBegin) {
      node.loop.empty = empty || trip_count(node.loop) == 0;
      empty = outside.back() && node.loop.empty;
      outside.pop_back();
    } else {
      empty = false;
    }
    if (i == kernel.once) kernel.items_are_empty = empty;
  }
  if (kernel.once == kernel.code.size()) kernel.items_are_empty = true;
}

std::int64_t work_items(const KernelSpec& kernel) {
  const auto has_none = [](const LoopSpec& loop) { return trip_count(loop) == 0; };
  if (std::ranges::any_of(kernel.parallel, has_none)) return 0;
  std::int64_t items = 1;
  for (const LoopSpec& loop : kernel.parallel) {
    if (__builtin_mul_overflow(items, trip_count(loop), &items)) {
      throw Error("kernel '" + kernel.name + "' has more work items than 64 bits count");
    }
  }
  return items;
}

Walker::Walker(const KernelSpec& kernel, std::int64_t first, std::int64_t stride)
    : kernel_(&kernel), ivs_(kernel.num_ivs), item_(first), stride_(stride),
      items_(work_items(kernel)) {
  enter_item(0);
  settle();
}

void Walker::advance() {
  ++pc_;
  settle();
}

// Starts work item item_ at code entry `start`, or ends the walk. Row-major: the last parallel loop
// is the fastest.
void Walker::enter_item(std::size_t start) {
  at_end_ = item_ >= items_;
  pc_ = start;
  if (at_end_) return;
  std::int64_t rest = item_;
  for (std::size_t i = kernel_->parallel.size(); i-- > 0;) {
    const LoopSpec& loop = kernel_->parallel[i];
    const std::int64_t trips = trip_count(loop);
    ivs_[loop.iv] = loop.lower + rest % trips * loop.step;
    rest /= trips;
  }
}

// Runs loop control until pc_ stands on an operation or the walk has ended.
void Walker::settle() {
  while (!at_end_) {
    if (pc_ == kernel_->code.size()) {
      next_item();
    } else if (kernel_->code[pc_].op == Opcode::LoopBegin) {
      begin_loop(kernel_->code[pc_].loop);
    } else if (kernel_->code[pc_].op == Opcode::LoopEnd) {
      end_iteration(kernel_->code[pc_].loop);
    } else {
      return;
    }
  }
}

// Items without operations are not counted through: there may be 2^62 of them.
void Walker::next_item() {
  at_end_ = kernel_->items_are_empty || stride_ >= items_ - item_;
  if (at_end_) return;
  item_ += stride_;
  enter_item(kernel_->once);
}

void Walker::begin_loop(const LoopSpec& loop) {
  ivs_[loop.iv] = loop.lower;
  pc_ = loop.empty ? loop.partner + 1 : pc_ + 1;
}

void Walker::end_iteration(const LoopSpec& loop) {
  ivs_[loop.iv] += loop.step;
  pc_ = ivs_[loop.iv] < loop.upper ? loop.partner + 1 : pc_ + 1;
}

}  // namespace npu::togsim
