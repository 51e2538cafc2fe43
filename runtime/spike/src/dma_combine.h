// What a scatter makes of a word that is in DRAM and of the one that it brings.
#pragma once

#include <cstddef>
#include <cstdint>

namespace npu {

constexpr std::uint64_t combine_count = 8;

// `old[i] = combine(old[i], brought[i])` for words of 4 bytes; `combine` is a descriptor's, not 0.
void combine_words(std::uint64_t combine, char* old, const char* brought, std::size_t words);

}  // namespace npu
