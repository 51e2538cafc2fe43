#include "memory/request_stream.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace npu::togsim {

RequestStream::RequestStream(std::int64_t address, std::span<const DmaDim> dims,
                             std::int64_t element_bytes, std::int64_t block_bytes,
                             std::size_t indexed, std::vector<std::int64_t> offsets)
    : offsets_(std::move(offsets)), address_(address),
      block_shift_(std::countr_zero(static_cast<std::uint64_t>(block_bytes))) {
  for (const DmaDim& dim : dims) {
    if (dim.size == 0) return;
  }
  merge(dims, element_bytes, indexed);
  if (!offsets_.empty()) address_ += offsets_.front();
  done_ = false;
  enter_run();
}

// Folds dimensions into the run as long as they continue it; the rest are loops over runs.
void RequestStream::merge(std::span<const DmaDim> dims, std::int64_t element_bytes,
                          std::size_t indexed) {
  run_bytes_ = element_bytes;
  for (std::size_t i = dims.size(); i-- > 0;) {
    if (dims[i].size == 1) continue;
    if (i == indexed) {
      indexed_ = rank_;
      dims_[rank_++] = dims[i];
      continue;
    }
    if (rank_ == 0 && dims[i].stride_bytes == run_bytes_) {
      run_bytes_ *= dims[i].size;
    } else {
      dims_[rank_++] = dims[i];
    }
  }
}

void RequestStream::enter_run() {
  block_ = static_cast<std::uint64_t>(address_) >> block_shift_;
  last_block_ = static_cast<std::uint64_t>(address_ + run_bytes_ - 1) >> block_shift_;
}

// Moves one of the loops over runs to another iteration.
void RequestStream::go_to(std::size_t loop, std::int64_t index) {
  const auto offset = [&](std::int64_t at) {
    return loop == indexed_ ? offsets_[static_cast<std::size_t>(at)] : dims_[loop].stride_bytes * at;
  };
  address_ += offset(index) - offset(index_[loop]);
  index_[loop] = index;
}

// Steps the loops over runs, the innermost fastest; false after the last run.
bool RequestStream::next_run() {
  for (std::size_t i = 0; i < rank_; ++i) {
    if (index_[i] + 1 < dims_[i].size) {
      go_to(i, index_[i] + 1);
      return true;
    }
    go_to(i, 0);
  }
  return false;
}

void RequestStream::advance() {
  const std::uint64_t requested = block_;
  if (block_ != last_block_) {
    ++block_;
    return;
  }
  done_ = !next_run();
  if (done_) return;
  enter_run();
  if (block_ == requested) pass_block(requested);
}

// Goes on to the next block from a run that begins in block `passed`.
void RequestStream::pass_block(std::uint64_t passed) {
  while (block_ == passed) {
    if (last_block_ != passed) {
      ++block_;
      return;
    }
    done_ = !leave_block(passed);
    if (done_) return;
    enter_run();
  }
}

// Steps from a run inside `block` past the following ones inside it; false if those are all. A loop
// is not counted through: 2^40 runs at a stride of 0 take one step. One over indices is.
bool RequestStream::leave_block(std::uint64_t block) {
  const auto begin = static_cast<std::int64_t>(block << block_shift_);
  const std::int64_t end = begin + (std::int64_t{1} << block_shift_);
  std::int64_t extent = run_bytes_;  // from the first to past the last byte of one iteration
  for (std::size_t i = 0; i < rank_; ++i) {
    const DmaDim& dim = dims_[i];
    const std::int64_t left = dim.size - 1 - index_[i];
    const std::int64_t next = address_ + dim.stride_bytes;
    std::int64_t inside = 0;  // iterations that follow and lie in the block as a whole
    if (i != indexed_ && next >= begin && next + extent <= end) {
      inside = dim.stride_bytes == 0 ? left
                                     : std::min(left, (end - extent - address_) / dim.stride_bytes);
    }
    if (inside < left) {
      go_to(i, index_[i] + inside + 1);
      return true;
    }
    go_to(i, 0);
    // What is indexed may leave the block in any iteration.
    extent += i == indexed_ ? end - begin : (dim.size - 1) * dim.stride_bytes;
  }
  return false;
}

}  // namespace npu::togsim
