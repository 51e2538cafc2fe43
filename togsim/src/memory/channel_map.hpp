// Where a block lives: its channel, and its number inside that channel.
#pragma once

#include <bit>
#include <cstdint>

#include "memory/channel_hash.hpp"
#include "machine.hpp"

namespace npu::togsim {

// A NUMA partition has an even share of the channels, in their order. Inside a partition blocks are
// spread by the hash. The low log2(C) bits of a block number and its channel, one of C, determine
// each other when the higher bits are given, so that what is left without them numbers the blocks
// of a channel without gaps.
class ChannelMap {
 public:
  explicit ChannelMap(const MachineSpec& machine)
      : channels_(static_cast<std::uint32_t>(machine.dram_channels / machine.dram_num_partitions)),
        shift_(std::countr_zero(channels_)), hash_(channels_) {}

  // Of all channels.
  [[nodiscard]] std::uint32_t channel(std::uint32_t partition, std::uint64_t block) const {
    return partition * channels_ + hash_(block);
  }

  [[nodiscard]] std::uint64_t inside(std::uint64_t block) const { return block >> shift_; }

  // The other way: the block that is number `inside` of a channel. The hash leaves the low bits as
  // they are, and adds to them what the higher ones leave.
  [[nodiscard]] std::uint64_t block(std::uint32_t channel, std::uint64_t inside) const {
    const std::uint64_t group = inside << shift_;
    return group | (hash_(group) ^ (channel % channels_));
  }

 private:
  std::uint32_t channels_;  // of a partition
  int shift_;
  ChannelHash hash_;
};

}  // namespace npu::togsim
