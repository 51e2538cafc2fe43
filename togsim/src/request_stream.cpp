#include "request_stream.hpp"

#include <bit>

namespace npu::togsim {

RequestStream::RequestStream(std::int64_t address, std::span<const DmaDim> dims,
                             std::int64_t element_bytes, std::int64_t block_bytes)
    : address_(address), block_shift_(std::countr_zero(static_cast<std::uint64_t>(block_bytes))) {
  for (const DmaDim& dim : dims) {
    if (dim.size == 0) return;
  }
  merge(dims, element_bytes);
  done_ = false;
  enter_run();
}

// Folds dimensions into the run as long as they continue it; the rest are loops over runs.
void RequestStream::merge(std::span<const DmaDim> dims, std::int64_t element_bytes) {
  run_bytes_ = element_bytes;
  for (std::size_t i = dims.size(); i-- > 0;) {
    if (dims[i].size == 1) continue;
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

// Steps the loops over runs, the innermost fastest; false after the last run.
bool RequestStream::next_run() {
  for (std::size_t i = 0; i < rank_; ++i) {
    address_ += dims_[i].stride_bytes;
    if (++index_[i] < dims_[i].size) return true;
    address_ -= dims_[i].stride_bytes * dims_[i].size;
    index_[i] = 0;
  }
  return false;
}

void RequestStream::advance() {
  const std::uint64_t requested = block_;
  if (block_ != last_block_) {
    ++block_;
    return;
  }
  do {
    if (!next_run()) {
      done_ = true;
      return;
    }
    enter_run();
    if (block_ == requested && block_ != last_block_) ++block_;
  } while (block_ == requested);
}

}  // namespace npu::togsim
