// Reads a program from the packed words that pack.py writes; the layout is described there.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "graph.hpp"

namespace npu::togsim {

// `names` are the kernels' names, each followed by those of its buffers and functions.
// Throws Error when the words do not follow the layout.
[[nodiscard]] ProgramSpec unpack(std::span<const std::int64_t> words,
                                 const std::vector<std::string>& names);

// Launches of `program` alone, packed by `pack_launches`. Throws as unpack.
[[nodiscard]] std::vector<LaunchSpec> unpack_launches(std::span<const std::int64_t> words,
                                                      const ProgramSpec& program);

}  // namespace npu::togsim
