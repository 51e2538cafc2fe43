// The channel of a block: the remainder of a polynomial division, and what follows from it.
#include <set>

#include "memory/channel_hash.hpp"
#include "check.hpp"

using namespace npu::togsim;

namespace {

// By hand for 4 channels, modulo x^2 + x + 1: x^2 = x + 1 (3), x^3 = 1, x^4 = x, ...
void divides_polynomials() {
  const ChannelHash hash(4);
  for (const auto& [block, channel] :
       {std::pair{0U, 0U}, {1U, 1U}, {2U, 2U}, {3U, 3U}, {4U, 3U}, {8U, 1U}, {16U, 2U}, {12U, 2U}}) {
    CHECK_EQUAL(hash(block), channel);
  }
  const ChannelHash pair(2);  // modulo x + 1: the parity of the bits
  CHECK_EQUAL(pair(0b1011), 1U);
  CHECK_EQUAL(pair(0b11), 0U);
  CHECK_EQUAL(ChannelHash(1)(12345), 0U);
}

void spreads_aligned_groups_and_strides() {
  for (const std::uint32_t channels : {2U, 4U, 8U, 16U, 32U, 64U, 128U, 256U}) {
    const ChannelHash hash(channels);
    for (const std::uint64_t shift : {0U, 1U, 3U, 7U, 12U}) {
      std::set<std::uint32_t> seen;
      for (std::uint64_t i = 0; i < channels; ++i) seen.insert(hash((5 * channels + i) << shift));
      CHECK_EQUAL(seen.size(), std::size_t{channels});
    }
  }
}

}  // namespace

int main() {
  divides_polynomials();
  spreads_aligned_groups_and_strides();
  CHECK_THROWS(ChannelHash(12), "power of two");
  CHECK_THROWS(ChannelHash(512), "power of two");
  return failed_checks == 0 ? 0 : 1;
}
