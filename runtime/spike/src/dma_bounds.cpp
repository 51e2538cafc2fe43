#include "dma_bounds.h"

#include <algorithm>

namespace npu {
namespace {

using Wide = __int128;

struct Range {
    std::uint64_t first;
    std::uint64_t end;
};

Wide floor_div(Wide a, Wide b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

// The elements of dimension `i` whose index, first + element * step, is one of the tensor's.
Range inside_of(const DmaDescriptor& d, std::uint64_t i) {
    const Wide size = d.size[i], extent = d.extent[i];
    Wide first = d.first[i], step = d.step[i];
    if (step == 0) return {0, first >= 0 && first < extent ? d.size[i] : 0};
    if (step < 0) {  // counted from the tensor's other end, indices rise
        first = extent - 1 - first;
        step = -step;
    }
    const Wide begin = std::clamp<Wide>(-floor_div(first, step), 0, size);
    const Wide end = std::clamp<Wide>(floor_div(extent - 1 - first, step) + 1, begin, size);
    return {static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)};
}

// The elements from `first` up to `end` of dimension `i`; addresses wrap, as those outside may.
DmaDescriptor part_of(DmaDescriptor d, std::uint64_t i, std::uint64_t first, std::uint64_t end) {
    d.dram_address += first * static_cast<std::uint64_t>(d.dram_stride_bytes[i]);
    d.spad_address += first * static_cast<std::uint64_t>(d.spad_stride_bytes[i]);
    d.size[i] = end - first;
    return d;
}

}  // namespace

DmaParts split_by_bounds(const DmaDescriptor& descriptor) {
    DmaParts parts{descriptor, {}, 0};
    if ((descriptor.mode & dma_mode_bounds) == 0) return parts;
    for (std::uint64_t i = 0; i < descriptor.ndims; ++i) {
        const auto [first, end] = inside_of(descriptor, i);
        const std::uint64_t size = descriptor.size[i];
        if (first > 0) parts.outside[parts.outside_count++] = part_of(parts.inside, i, 0, first);
        if (end < size) parts.outside[parts.outside_count++] = part_of(parts.inside, i, end, size);
        parts.inside = part_of(parts.inside, i, first, end);
    }
    return parts;
}

}  // namespace npu
