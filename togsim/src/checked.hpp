// Sums and products that say when 64 bits do not hold them.
#pragma once

#include <cstdint>
#include <string>

#include "error.hpp"

namespace npu::togsim {

// Throws Error, calling the number `what`, when it does not fit.
[[nodiscard]] inline std::int64_t checked_add(std::int64_t a, std::int64_t b, const char* what) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) throw Error(std::string(what) + " overflows 64 bits");
  return sum;
}

// As checked_add.
[[nodiscard]] inline std::int64_t checked_mul(std::int64_t a, std::int64_t b, const char* what) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) throw Error(std::string(what) + " overflows 64 bits");
  return product;
}

}  // namespace npu::togsim
