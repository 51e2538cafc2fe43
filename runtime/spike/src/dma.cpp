#include "dma.h"

#include <array>
#include <cstring>
#include <vector>

#include "dma_bounds.h"
#include "dma_combine.h"
#include "dma_indexed.h"

namespace npu {
namespace {

// Addresses and extents in a type in which no sum of four size * stride can overflow.
using Wide = __int128;

constexpr std::uint64_t limit32 = std::uint64_t{1} << 32;

struct Dimension {
    std::uint64_t size;
    std::int64_t dram;
    std::int64_t spad;
};

// Loops, outermost first (unused ones have size 1), around runs of contiguous bytes.
struct Loops {
    std::array<Dimension, dma_max_dims> dims;
    std::uint64_t run_bytes;
};

const char* wrong_field(const DmaDescriptor& d) {
    if (d.ndims > dma_max_dims) return "ndims is more than 4";
    const std::uint64_t e = d.element_bytes;
    if (e != 1 && e != 2 && e != 4 && e != 8) return "element_bytes is not 1, 2, 4 or 8";
    if (d.mode > (dma_mode_bounds | dma_mode_indexed | dma_mode_from_end)) return "mode is more than 7";
    if (d.tag >= limit32) return "tag is not below 2^32";
    for (std::uint64_t i = 0; i < d.ndims; ++i) {
        if (d.size[i] >= limit32) return "a size is not below 2^32 (is it negative?)";
        if ((d.mode & dma_mode_bounds) != 0 && d.extent[i] < 1) return "an extent is not positive";
    }
    return (d.mode & dma_mode_indexed) != 0 ? wrong_index_field(d) : nullptr;
}

bool moves_nothing(const DmaDescriptor& d) {
    for (std::uint64_t i = 0; i < d.ndims; ++i) {
        if (d.size[i] == 0) return true;
    }
    return false;
}

// Inner dimensions that are contiguous on both sides become part of the run.
Loops loops_of(const DmaDescriptor& d) {
    Loops loops;
    loops.dims.fill({1, 0, 0});
    loops.run_bytes = d.element_bytes;
    std::size_t free = dma_max_dims;
    for (std::uint64_t i = d.ndims; i-- > 0;) {
        const Dimension dim{d.size[i], d.dram_stride_bytes[i], d.spad_stride_bytes[i]};
        if (dim.size == 1) continue;
        const auto run = static_cast<std::int64_t>(loops.run_bytes);
        const bool innermost = free == dma_max_dims;
        if (innermost && dim.dram == run && dim.spad == run) {
            loops.run_bytes *= dim.size;
        } else {
            loops.dims[--free] = dim;
        }
    }
    return loops;
}

struct Span {
    Wide first;
    Wide end;
};

Span span_of(std::uint64_t address, const DmaDescriptor& d, const std::int64_t* strides) {
    Span span{static_cast<Wide>(address), static_cast<Wide>(address)};
    for (std::uint64_t i = 0; i < d.ndims; ++i) {
        const Wide extent = static_cast<Wide>(d.size[i] - 1) * strides[i];
        (extent < 0 ? span.first : span.end) += extent;
    }
    span.end += static_cast<Wide>(d.element_bytes);
    return span;
}

// The first byte that is not in the memory is what the trap reports: either end of the span.
bool inside(Span span, DmaSide side, DmaMemory& memory, std::uint64_t& bad) {
    if (span.first < 0 || span.end > static_cast<Wide>(~std::uint64_t{0})) {
        bad = static_cast<std::uint64_t>(span.first);
        return false;
    }
    const auto first = static_cast<std::uint64_t>(span.first);
    const auto bytes = static_cast<std::uint64_t>(span.end - span.first);
    if (memory.contains(side, first, bytes)) return true;
    bad = memory.contains(side, first, 1) ? first + bytes - 1 : first;
    return false;
}

// Calls move(dram offset, spad offset) for every run, outermost dimension slowest, until stopped:
// four dimensions of 2^32 at strides of 0 are a descriptor as good as any.
template <typename Move>
void for_each_run(const Loops& loops, const std::atomic<bool>& stopped, Move move) {
    constexpr std::uint64_t runs_between_looks = 1U << 16;
    const auto& [a, b, c, d] = loops.dims;
    for (std::uint64_t i = 0; i < a.size; ++i) {
        for (std::uint64_t j = 0; j < b.size; ++j) {
            for (std::uint64_t k = 0; k < c.size; ++k) {
                const auto si = static_cast<std::int64_t>(i), sj = static_cast<std::int64_t>(j);
                const auto sk = static_cast<std::int64_t>(k);
                std::int64_t dram = si * a.dram + sj * b.dram + sk * c.dram;
                std::int64_t spad = si * a.spad + sj * b.spad + sk * c.spad;
                for (std::uint64_t l = 0; l < d.size; ++l) {
                    if (l % runs_between_looks == 0 && stopped.load(std::memory_order_relaxed)) return;
                    move(dram, spad);
                    dram += d.dram;
                    spad += d.spad;
                }
            }
        }
    }
}

// Copies with the run's length known to the compiler for single elements.
template <std::size_t Bytes>
void copy_elements(const Loops& loops, char* dram, char* spad, DmaDirection direction,
                   const std::atomic<bool>& stopped) {
    if (direction == DmaDirection::load) {
        for_each_run(loops, stopped, [=](std::int64_t from, std::int64_t to) {
            std::memcpy(spad + to, dram + from, Bytes);
        });
    } else {
        for_each_run(loops, stopped, [=](std::int64_t to, std::int64_t from) {
            std::memcpy(dram + to, spad + from, Bytes);
        });
    }
}

void copy_on_host(const Loops& loops, char* dram, char* spad, DmaDirection direction,
                  const std::atomic<bool>& stopped) {
    switch (loops.run_bytes) {
        case 2: return copy_elements<2>(loops, dram, spad, direction, stopped);
        case 4: return copy_elements<4>(loops, dram, spad, direction, stopped);
        case 8: return copy_elements<8>(loops, dram, spad, direction, stopped);
        default: break;
    }
    const std::size_t bytes = loops.run_bytes;
    for_each_run(loops, stopped, [=](std::int64_t at_dram, std::int64_t at_spad) {
        char* to = direction == DmaDirection::load ? spad + at_spad : dram + at_dram;
        const char* from = direction == DmaDirection::load ? dram + at_dram : spad + at_spad;
        std::memcpy(to, from, bytes);
    });
}

// Gives every element of the descriptor's scratchpad side its fill.
void fill(DmaDescriptor d, DmaMemory& memory) {
    if (moves_nothing(d)) return;
    std::memcpy(d.dram_stride_bytes, d.spad_stride_bytes, sizeof(d.dram_stride_bytes));
    const Loops loops = loops_of(d);
    const char* element = reinterpret_cast<const char*>(&d.fill);  // little-endian, as the host
    for_each_run(loops, memory.stopped(), [&](std::int64_t, std::int64_t at) {
        const std::uint64_t first = d.spad_address + static_cast<std::uint64_t>(at);
        memory.fill(first, element, d.element_bytes, loops.run_bytes);
    });
}

// The host address of the descriptor's own address, given the range it spans.
char* host_at(Span span, std::uint64_t address, DmaSide side, DmaMemory& memory) {
    const auto first = static_cast<std::uint64_t>(span.first);
    char* low = memory.host(side, first, static_cast<std::uint64_t>(span.end - span.first));
    return low == nullptr ? nullptr : low + (address - first);
}

// Gives every element of a box in DRAM what `combine` makes of it and of the one in the scratchpad.
void combine_runs(const DmaDescriptor& d, const Loops& loops, DmaMemory& memory) {
    std::vector<char> old(loops.run_bytes), brought(loops.run_bytes);
    for_each_run(loops, memory.stopped(), [&](std::int64_t at_dram, std::int64_t at_spad) {
        const std::uint64_t dram = d.dram_address + static_cast<std::uint64_t>(at_dram);
        memory.read(DmaSide::dram, dram, old.data(), loops.run_bytes);
        memory.read(DmaSide::spad, d.spad_address + static_cast<std::uint64_t>(at_spad),
                    brought.data(), loops.run_bytes);
        combine_words(d.combine, old.data(), brought.data(), loops.run_bytes / 4);
        memory.write(DmaSide::dram, dram, old.data(), loops.run_bytes);
    });
}

// Moves a box that is not empty and whose sides, of these spans, are there.
DmaResult move(const DmaDescriptor& d, DmaDirection direction, Span dram, Span spad,
               DmaMemory& memory) {
    const Loops loops = loops_of(d);
    char* dram_host = host_at(dram, d.dram_address, DmaSide::dram, memory);
    char* spad_host = host_at(spad, d.spad_address, DmaSide::spad, memory);
    if (direction == DmaDirection::store && (d.mode & dma_mode_indexed) != 0 && d.combine != 0) {
        combine_runs(d, loops, memory);
    } else if (dram_host != nullptr && spad_host != nullptr) {
        copy_on_host(loops, dram_host, spad_host, direction, memory.stopped());
    } else {
        for_each_run(loops, memory.stopped(), [&](std::int64_t at_dram, std::int64_t at_spad) {
            memory.copy(direction, d.dram_address + static_cast<std::uint64_t>(at_dram),
                        d.spad_address + static_cast<std::uint64_t>(at_spad), loops.run_bytes);
        });
    }
    std::uint64_t bytes = loops.run_bytes;
    for (const Dimension& dim : loops.dims) bytes *= dim.size;
    return {"", 0, 0, bytes};
}

}  // namespace

DmaResult check_box(const DmaDescriptor& descriptor, DmaMemory& memory) {
    const Span whole = span_of(descriptor.spad_address, descriptor, descriptor.spad_stride_bytes);
    const DmaDescriptor d = split_by_bounds(descriptor).inside;
    std::uint64_t bad = 0;
    if (!moves_nothing(d)) {
        const Span dram = span_of(d.dram_address, d, d.dram_stride_bytes);
        if (!inside(dram, DmaSide::dram, memory, bad)) {
            return {"the DRAM side leaves the allocated DRAM", cause_dma_address, bad, 0};
        }
    }
    if (!inside(whole, DmaSide::spad, memory, bad)) {
        return {"the scratchpad side leaves the scratchpad", cause_dma_address, bad, 0};
    }
    return {};
}

DmaResult move_box(const DmaDescriptor& descriptor, DmaDirection direction, DmaMemory& memory) {
    const DmaParts parts = split_by_bounds(descriptor);
    if (direction == DmaDirection::load) {
        for (std::size_t i = 0; i < parts.outside_count; ++i) fill(parts.outside[i], memory);
    }
    const DmaDescriptor& d = parts.inside;
    if (moves_nothing(d)) return {};
    const Span dram = span_of(d.dram_address, d, d.dram_stride_bytes);
    const Span spad = span_of(d.spad_address, d, d.spad_stride_bytes);
    return move(d, direction, dram, spad, memory);
}

DmaResult run_dma(const DmaDescriptor& descriptor, std::uint64_t address, DmaDirection direction,
                  DmaMemory& memory) {
    if (const char* text = wrong_field(descriptor)) return {text, cause_dma_descriptor, address, 0};
    if (moves_nothing(descriptor)) return {};
    if ((descriptor.mode & dma_mode_indexed) != 0) return run_indexed(descriptor, direction, memory);
    const DmaResult checked = check_box(descriptor, memory);
    return checked.text.empty() ? move_box(descriptor, direction, memory) : checked;
}

}  // namespace npu
