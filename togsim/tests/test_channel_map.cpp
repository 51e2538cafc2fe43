// Blocks of a channel are numbered without gaps, and partitions keep to their own channels.
#include <set>
#include <utility>

#include "builders.hpp"
#include "memory/channel_map.hpp"
#include "check.hpp"

using namespace npu::togsim;

namespace {

MachineSpec machine_of(std::int64_t channels, std::int64_t partitions) {
  MachineSpec machine = small_machine();
  machine.dram_channels = channels;
  machine.dram_num_partitions = partitions;
  return machine;
}

// 64 groups of C blocks are C channels of blocks 0 to 63, each once; also far up in the memory.
void numbers_blocks_without_gaps() {
  for (const std::int64_t channels : {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
    const ChannelMap map(machine_of(channels, 1));
    const auto count = static_cast<std::uint64_t>(channels);
    for (const std::uint64_t base : {std::uint64_t{0}, std::uint64_t{0x1'2345} << 20}) {
      std::set<std::pair<std::uint32_t, std::uint64_t>> places;
      for (std::uint64_t block = base * count; block < (base + 64) * count; ++block) {
        const std::uint32_t channel = map.channel(0, block);
        CHECK(channel < count);
        CHECK(map.inside(block) >= base && map.inside(block) < base + 64);
        places.emplace(channel, map.inside(block));
      }
      CHECK_EQUAL(places.size(), std::size_t{64} * count);
    }
  }
}

void partitions_have_their_share_of_the_channels() {
  const ChannelMap whole(machine_of(4, 1));
  const ChannelMap split(machine_of(8, 2));
  for (std::uint64_t block = 0; block < 1000; ++block) {
    CHECK_EQUAL(split.channel(0, block), whole.channel(0, block));
    CHECK_EQUAL(split.channel(1, block), 4 + whole.channel(0, block));
    CHECK_EQUAL(split.inside(block), block / 4);
  }
}

}  // namespace

int main() {
  numbers_blocks_without_gaps();
  partitions_have_their_share_of_the_channels();
  return failed_checks == 0 ? 0 : 1;
}
