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

}  // namespace npu::togsim
