// Which DRAM channel a block lives in.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace npu::togsim {

// Block numbers, seen as polynomials over GF(2), modulo a primitive polynomial of degree
// log2(channels) (Rau, "Pseudo-randomly interleaved memory", ISCA 1991). Any aligned group of
// `channels` consecutive blocks meets each channel once, and so does any power-of-two stride.
class ChannelHash {
 public:
  // Throws Error unless `channels` is a power of two up to 256.
  explicit ChannelHash(std::int64_t channels);

  [[nodiscard]] std::uint32_t operator()(std::uint64_t block) const {
    std::uint32_t channel = 0;
    for (const auto& table : tables_) {
      channel ^= table[block & 0xFF];
      block >>= 8;
    }
    return channel;
  }

 private:
  static constexpr std::size_t kBytes = 6;  // block numbers below 2^48

  std::array<std::array<std::uint8_t, 256>, kBytes> tables_{};
};

}  // namespace npu::togsim
