// What the memory models that find responses later have in common: channels and requests in flight.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "memory/channel_map.hpp"
#include "memory/memory.hpp"
#include "memory/channel.hpp"
#include "memory/requests.hpp"

namespace npu::togsim {

class SimulatedMemory : public Memory {
 public:
  SimulatedMemory(const MachineSpec& machine, std::vector<MemoryChannel> channels);

  void begin(Picoseconds now) final { now_ = icnt_clock_.at_or_after(now); }
  std::size_t send(TransferId transfer, std::size_t port, bool write, RequestStream& stream) final;

  // A channel may have been simulated ahead by the network's latency: all are brought that far, so
  // that their statistics end at one time, whatever the model.
  void finish(Picoseconds end) final;

  [[nodiscard]] std::vector<ChannelStats> channel_stats() const final;
  void set_cached(Picoseconds now, l2::BlockRange blocks, bool cached) final;
  [[nodiscard]] std::vector<l2::SliceStats> slice_stats() const final {
    return slice_stats_of(channels_);
  }
  [[nodiscard]] std::string describe() const final { return requests_.describe(); }

 protected:
  // The request leaves its core's port in cycle `now_`.
  virtual void inject(Request& request) = 0;

  IcntCycle latency_;  // of the simple network; 0 with a detailed one
  std::vector<MemoryChannel> channels_;
  Requests requests_;
  IcntCycle now_;      // of the cores
  std::vector<Answer> new_answers_;  // kept for its memory

 private:
  ChannelMap map_;
};

}  // namespace npu::togsim
