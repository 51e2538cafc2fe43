// The packets in a network, and the statistics of those that have left it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "noc/spec.hpp"

namespace npu::togsim::noc {

constexpr std::uint32_t kNoPacket = ~std::uint32_t{0};

struct Packet {
  std::uint64_t id = 0;
  std::uint64_t sequence = 0;  // number of its injection, from 0
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint32_t flits = 0;
  std::uint32_t next = kNoPacket;  // behind it in the source queue, or in the list of free slots
  std::uint32_t arrived = 0;       // flits that reached the destination
  std::uint32_t hops = 0;
  IcntCycle injected;
  IcntCycle entered;
  IcntCycle first_arrived;
};

// Slots of packets, used again after their packet has arrived.
class PacketPool {
 public:
  std::uint32_t make(IcntCycle now, std::uint32_t source, std::uint32_t destination,
                     std::uint32_t flits, std::uint64_t id) {
    std::uint32_t slot = free_;
    if (slot == kNoPacket) {
      slot = static_cast<std::uint32_t>(packets_.size());
      packets_.emplace_back();
    } else {
      free_ = packets_[slot].next;
    }
    packets_[slot] = {id, sequence_++, source, destination, flits, kNoPacket, 0, 0, now, {}, {}};
    ++live_;
    return slot;
  }

  void release(std::uint32_t slot) {
    packets_[slot].next = free_;
    free_ = slot;
    --live_;
  }

  Packet& operator[](std::uint32_t slot) { return packets_[slot]; }
  const Packet& operator[](std::uint32_t slot) const { return packets_[slot]; }
  [[nodiscard]] std::size_t live() const { return live_; }

 private:
  std::vector<Packet> packets_;
  std::uint32_t free_ = kNoPacket;
  std::uint64_t sequence_ = 0;
  std::size_t live_ = 0;
};

// Counts a flit that reached its node in cycle `now`; true if it was the packet's last one.
inline bool count_arrival(Packet& packet, IcntCycle now, NetworkStats& stats) {
  if (packet.arrived == 0) packet.first_arrived = now;
  ++stats.flits;
  if (++packet.arrived < packet.flits) return false;
  const std::int64_t latency = (now - packet.injected).n;
  stats.latency_min = stats.packets == 0 ? latency : std::min(stats.latency_min, latency);
  stats.latency_max = std::max(stats.latency_max, latency);
  stats.latency_sum += latency;
  stats.hops += packet.hops;
  ++stats.packets;
  return true;
}

inline Arrival arrival_of(const Packet& packet) {
  return {packet.id,      packet.source,        packet.destination, packet.injected,
          packet.entered, packet.first_arrived, packet.hops,        packet.flits};
}

}  // namespace npu::togsim::noc
