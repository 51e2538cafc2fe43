// The DRAM side of a DMA transfer at given induction variables.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph.hpp"
#include "memory/request_stream.hpp"

namespace npu::togsim {

// The part of a walk that lies within its bounds, with no stride below 0.
struct Walk {
  std::array<DmaDim, kMaxDmaRank> dims{};  // outermost first
  std::size_t rank = 0;
  std::int64_t begin = 0;   // the first byte and past the last one, from the tensor's start
  std::int64_t end = 0;
  std::int64_t elements = 0;  // of the whole walk: those outside the bounds are counted too
  std::int64_t inside = 0;    // those within them
  std::size_t indexed = kMaxDmaRank;    // the dimension whose indices are data, if one is
  std::vector<std::int64_t> offsets{};  // of its elements from `begin`, in bytes

  [[nodiscard]] bool empty() const { return inside == 0; }
};

// Throws Error, naming the kernel, when a size is negative, 64 bits do not hold the walk, or
// `values` lack an index or have one outside of the tensor.
[[nodiscard]] Walk walk_of(const Node& transfer, std::span<const std::int64_t> ivs,
                           const KernelSpec& kernel, const IndexValues* values = nullptr);

// Which of `size` elements of a dimension exist: those from `lo` up to `hi`.
struct Inside {
  std::int64_t lo = 0;
  std::int64_t hi = 0;
};

// Of element i the index in the tensor is first + i * step; it exists where that is from 0 up to
// `extent`. Throws Error when 64 bits do not hold a number on the way.
[[nodiscard]] Inside inside_of(std::int64_t size, std::int64_t first, std::int64_t extent,
                               std::int64_t step);

}  // namespace npu::togsim
