#include "core/walk.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "checked.hpp"
#include "core/fail.hpp"

namespace npu::togsim {
namespace {

constexpr const char* kIndex = "the index of an element of a DMA transfer";

constexpr const char* kTooManyBytes = "a DMA transfer has more bytes than 64 bits count";

using Ivs = std::span<const std::int64_t>;

// a / b, rounded up; b > 0.
std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

// a + b * c.
std::optional<std::int64_t> add_product(std::int64_t a, std::int64_t b, std::int64_t c) {
  std::int64_t product = 0;
  std::int64_t sum = 0;
  if (__builtin_mul_overflow(b, c, &product) || __builtin_add_overflow(a, product, &sum)) {
    return std::nullopt;
  }
  return sum;
}

// The part of a dimension within its bounds; moves `begin` to the first byte of it in memory. Memory
// does not see in which order a walk takes its elements: one with a negative stride begins at its end.
DmaDim clip(const DmaDimSpec& spec, std::int64_t size, Ivs ivs, std::int64_t& begin,
            const KernelSpec& kernel) {
  Inside inside{0, size};
  if (spec.bounds) {
    inside = inside_of(size, spec.bounds->first.evaluate(ivs), spec.bounds->extent,
                       spec.bounds->step);
  }
  const std::int64_t count = inside.hi - inside.lo;
  const bool back = spec.stride_bytes < 0 && count > 0;
  const auto moved = add_product(begin, back ? inside.hi - 1 : inside.lo, spec.stride_bytes);
  if (!moved) fail(kernel, "a DMA transfer begins beyond 64-bit addresses");
  begin = *moved;
  return {count, std::abs(spec.stride_bytes)};
}

// Takes `size` indices as byte offsets from the smallest; moves `begin` there. Returns the bytes from
// the smallest to the largest.
std::int64_t take_indices(const DmaDimSpec& spec, std::int64_t size, Ivs ivs, Walk& walk,
                          const KernelSpec& kernel, const IndexValues* values) {
  const IndicesSpec& indices = *spec.indices;
  const std::int64_t first = indices.first.evaluate(ivs);
  const auto found = values == nullptr ? IndexValues::const_iterator{} : values->find(indices.argument);
  const bool has_any = values != nullptr && found != values->end();
  const auto there = has_any ? static_cast<std::int64_t>(found->second.size()) : 0;
  if (first < 0 || size > there - first) {
    fail(kernel, "a DMA transfer takes indices " + range_text(first, first + size) +
                     " of argument " + std::to_string(indices.argument) + ", which has " +
                     std::to_string(there) + " values");
  }
  std::int64_t least = indices.extent, most = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t index = found->second[static_cast<std::size_t>(first + i)];
    if (index < 0 || index >= indices.extent) {
      fail(kernel, "index " + std::to_string(index) + " of argument " +
                       std::to_string(indices.argument) + " is not one of " +
                       std::to_string(indices.extent));
    }
    least = std::min(least, index);
    most = std::max(most, index);
    walk.offsets.push_back(index * spec.stride_bytes);
  }
  if (size == 0) return 0;
  for (std::int64_t& offset : walk.offsets) offset -= least * spec.stride_bytes;
  walk.begin += least * spec.stride_bytes;
  return (most - least) * spec.stride_bytes;
}

}  // namespace

Inside inside_of(std::int64_t size, std::int64_t first, std::int64_t extent, std::int64_t step) {
  if (step == 0) return {0, first >= 0 && first < extent ? size : 0};
  if (step < 0) {  // counted from the other end of the tensor, indices rise
    first = checked_add(extent - 1, checked_mul(first, -1, kIndex), kIndex);
    step = -step;
  }
  const std::int64_t before = checked_mul(first, -1, kIndex);  // indices up to 0
  const std::int64_t lo = std::clamp<std::int64_t>(ceil_div(before, step), 0, size);
  const std::int64_t end = ceil_div(checked_add(extent, before, kIndex), step);
  return {lo, std::clamp(end, lo, size)};
}

Walk walk_of(const Node& transfer, Ivs ivs, const KernelSpec& kernel, const IndexValues* values) {
  Walk walk;
  walk.rank = transfer.dims.size();
  walk.begin = transfer.offset.evaluate(ivs);
  walk.elements = walk.inside = 1;
  std::int64_t extent = transfer.element_bytes;
  for (std::size_t d = 0; d < walk.rank; ++d) {
    const std::int64_t size = transfer.dims[d].size.evaluate(ivs);
    if (size < 0) fail(kernel, "a DMA transfer has a negative size");
    if (transfer.dims[d].indices) {
      walk.indexed = d;
      walk.dims[d] = {size, 0};
      extent += take_indices(transfer.dims[d], size, ivs, walk, kernel, values);
      if (__builtin_mul_overflow(walk.elements, size, &walk.elements)) fail(kernel, kTooManyBytes);
      walk.inside *= size;
      continue;
    }
    DmaDim& dim = walk.dims[d] = clip(transfer.dims[d], size, ivs, walk.begin, kernel);
    if (__builtin_mul_overflow(walk.elements, size, &walk.elements)) fail(kernel, kTooManyBytes);
    walk.inside *= dim.size;
    const auto past = add_product(extent, std::max<std::int64_t>(dim.size - 1, 0), dim.stride_bytes);
    if (!past) fail(kernel, "a DMA transfer ends beyond 64-bit addresses");
    extent = *past;
  }
  const auto end = add_product(walk.begin, extent, 1);
  std::int64_t bytes = 0;
  if (!end) fail(kernel, "a DMA transfer ends beyond 64-bit addresses");
  if (__builtin_mul_overflow(walk.elements, transfer.element_bytes, &bytes)) {
    fail(kernel, kTooManyBytes);
  }
  walk.end = *end;
  return walk;
}

}  // namespace npu::togsim
