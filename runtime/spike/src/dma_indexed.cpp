#include "dma_indexed.h"

#include <string>
#include <vector>

#include "dma_combine.h"

namespace npu {
namespace {

constexpr std::uint64_t index_bytes = 4;

std::string outside_text(std::int64_t index, std::size_t position, const DmaDescriptor& d) {
    const bool from_end = (d.mode & dma_mode_from_end) != 0;
    const std::string last = std::to_string(d.index_extent - 1);
    const std::string least = from_end ? "-" + std::to_string(d.index_extent) : "0";
    return "index " + std::to_string(index) + " at position " + std::to_string(position) +
           " of the transfer is outside of the tensor; expected " + least + " to " + last;
}

// Which index of the tensor each element is; `wrong` becomes the first that is none.
std::vector<std::uint64_t> indices_of(const DmaDescriptor& d, DmaMemory& memory, std::string& wrong) {
    std::vector<std::int32_t> raw(d.size[d.index_dim]);
    memory.read(DmaSide::spad, d.index_address, reinterpret_cast<char*>(raw.data()),
                index_bytes * raw.size());
    const auto extent = static_cast<std::int64_t>(d.index_extent);
    std::vector<std::uint64_t> indices;
    indices.reserve(raw.size());
    for (const std::int64_t given : raw) {
        const bool counts_back = given < 0 && (d.mode & dma_mode_from_end) != 0;
        const std::int64_t index = counts_back ? given + extent : given;
        if (index < 0 || index >= extent) {
            wrong = outside_text(given, indices.size(), d);
            return indices;
        }
        indices.push_back(static_cast<std::uint64_t>(index));
    }
    return indices;
}

// The box of one element of the indexed dimension.
DmaDescriptor element_of(DmaDescriptor d, std::uint64_t position, std::uint64_t index) {
    const std::uint64_t dim = d.index_dim;
    d.dram_address += index * static_cast<std::uint64_t>(d.dram_stride_bytes[dim]);
    d.spad_address += position * static_cast<std::uint64_t>(d.spad_stride_bytes[dim]);
    d.size[dim] = 1;
    d.first[dim] = 0;
    d.step[dim] = 1;
    d.extent[dim] = 1;
    return d;
}

}  // namespace

const char* wrong_index_field(const DmaDescriptor& d) {
    if (d.index_dim >= d.ndims) return "index_dim is not one of its dimensions";
    if (d.index_extent < 1 || d.index_extent >= std::uint64_t{1} << 31) {
        return "index_extent is not from 1 up to 2^31";
    }
    if (d.index_address % index_bytes != 0) return "index_address is not 4-byte aligned";
    if (d.combine > combine_count) return "combine is not one of the table's";
    if (d.combine != 0 && d.element_bytes != 4) return "combine is for elements of 4 bytes";
    return nullptr;
}

DmaResult run_indexed(const DmaDescriptor& d, DmaDirection direction, DmaMemory& memory) {
    const std::uint64_t bytes = index_bytes * d.size[d.index_dim];
    if (!memory.contains(DmaSide::spad, d.index_address, bytes)) {
        return {"the indices leave the scratchpad", cause_dma_address, d.index_address, 0};
    }
    std::string wrong;
    const std::vector<std::uint64_t> indices = indices_of(d, memory, wrong);
    if (!wrong.empty()) {
        const std::uint64_t at = d.index_address + index_bytes * indices.size();
        return {wrong, cause_dma_index, at, 0};
    }
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const DmaResult checked = check_box(element_of(d, i, indices[i]), memory);
        if (!checked.text.empty()) return checked;
    }
    DmaResult all;
    for (std::size_t i = 0; i < indices.size() && !memory.stopped(); ++i) {
        all.bytes += move_box(element_of(d, i, indices[i]), direction, memory).bytes;
    }
    return all;
}

}  // namespace npu
