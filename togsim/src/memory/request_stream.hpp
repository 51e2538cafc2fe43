// The DRAM blocks that one DMA descriptor touches, in the order it requests them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace npu::togsim {

constexpr std::size_t kMaxDmaRank = 4;

struct DmaDim {
  std::int64_t size = 0;          // elements
  std::int64_t stride_bytes = 0;  // not negative: see walk.hpp
};

// Contiguous runs become the aligned blocks they cover; a block equal to the one requested just
// before is not requested again. Dimensions that continue one another are merged first.
class RequestStream {
 public:
  RequestStream() = default;

  // `dims` outermost first, at most kMaxDmaRank. `block_bytes` is a power of two. Element i of
  // dimension `indexed`, if there is one, is `offsets[i]` bytes, not below 0, from the start.
  RequestStream(std::int64_t address, std::span<const DmaDim> dims, std::int64_t element_bytes,
                std::int64_t block_bytes, std::size_t indexed = kMaxDmaRank,
                std::vector<std::int64_t> offsets = {});

  [[nodiscard]] bool done() const { return done_; }

  // The block to request now: its address divided by the block size.
  [[nodiscard]] std::uint64_t block() const { return block_; }

  void advance();

 private:
  void merge(std::span<const DmaDim> dims, std::int64_t element_bytes, std::size_t indexed);
  void go_to(std::size_t loop, std::int64_t index);
  bool next_run();
  void pass_block(std::uint64_t passed);
  bool leave_block(std::uint64_t block);
  void enter_run();

  std::array<DmaDim, kMaxDmaRank> dims_{};  // loops over runs, innermost first
  std::array<std::int64_t, kMaxDmaRank> index_{};
  std::size_t rank_ = 0;
  std::size_t indexed_ = kMaxDmaRank;  // of the loops, the one over `offsets_`
  std::vector<std::int64_t> offsets_;
  std::int64_t run_bytes_ = 0;
  std::int64_t address_ = 0;  // of the current run
  int block_shift_ = 0;
  std::uint64_t block_ = 0;
  std::uint64_t last_block_ = 0;  // of the current run
  bool done_ = true;
};

}  // namespace npu::togsim
