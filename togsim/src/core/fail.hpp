// Errors that name the kernel they are about.
#pragma once

#include <cstdint>
#include <string>

#include "error.hpp"
#include "graph.hpp"

namespace npu::togsim {

[[noreturn]] inline void fail(const KernelSpec& kernel, const std::string& what) {
  throw Error("kernel '" + kernel.name + "': " + what);
}

// "[lo, hi)"
[[nodiscard]] inline std::string range_text(std::int64_t lo, std::int64_t hi) {
  std::string text = "[";
  return text.append(std::to_string(lo)).append(", ").append(std::to_string(hi)).append(")");
}

}  // namespace npu::togsim
