#include "memory/channel_hash.hpp"

#include <bit>

#include "error.hpp"

namespace npu::togsim {
namespace {

// Primitive polynomials of degree 1 to 8, the highest power first in the binary number:
// x+1, x^2+x+1, x^3+x+1, x^4+x+1, x^5+x^2+1, x^6+x+1, x^7+x+1, x^8+x^4+x^3+x^2+1.
constexpr std::array<std::uint32_t, 9> kPolynomials = {0,    0x3,  0x7,  0xB,  0x13,
                                                       0x25, 0x43, 0x83, 0x11D};

}  // namespace

ChannelHash::ChannelHash(std::int64_t channels) {
  if (channels < 1 || channels > 256 || !std::has_single_bit(static_cast<std::uint64_t>(channels))) {
    throw Error("dram_channels must be a power of two from 1 to 256");
  }
  const auto degree = static_cast<std::size_t>(std::countr_zero(static_cast<std::uint64_t>(channels)));
  if (degree == 0) return;
  const std::uint32_t top = 1U << degree;
  std::uint32_t residue = 1;  // of x^bit
  for (auto& table : tables_) {
    for (std::size_t bit = 1; bit < 256; bit <<= 1) {
      for (std::size_t value = 0; value < 256; ++value) {
        if (value & bit) table[value] = static_cast<std::uint8_t>(table[value] ^ residue);
      }
      residue <<= 1;
      if (residue & top) residue ^= kPolynomials[degree];
    }
  }
}

}  // namespace npu::togsim
