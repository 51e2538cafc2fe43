// From a core's DMA engine through the network to the DRAM and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "clock.hpp"
#include "memory/dram.hpp"
#include "l2/ranges.hpp"
#include "l2/types.hpp"
#include "machine.hpp"
#include "noc/spec.hpp"
#include "memory/request_stream.hpp"
#include "core/transfers.hpp"
#include "units.hpp"

namespace npu::togsim {

// What all memory models have in common: transfers are opened, send requests, are closed, and are
// handed back when all their responses are. A model may know a response's time when its request is
// sent, or find it later, in advance(); the simulator does not see the difference.
class Memory {
 public:
  explicit Memory(const MachineSpec& machine);
  virtual ~Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Requests are sent in order of time. All until the next call leave the cores at `now`.
  virtual void begin(Picoseconds now) = 0;

  // A transfer of a core to or from a NUMA partition.
  TransferId open(std::size_t core, InstructionId instruction, std::uint32_t partition) {
    return transfers_.open(static_cast<std::uint32_t>(core), instruction, partition);
  }

  // Sends requests for the stream's blocks from `port` and the following ports of the core, one
  // each, as long as there are ports and blocks. Returns how many it sent.
  virtual std::size_t send(TransferId transfer, std::size_t port, bool write,
                           RequestStream& stream) = 0;

  // The transfer sends no more requests.
  void close(TransferId transfer) { transfers_.close(transfer); }

  // Goes a step towards knowing all transfers that are complete by `next_core`, before which no
  // core sends another request. False when they are known, or when nothing is on its way.
  virtual bool advance(Picoseconds next_core) = 0;

  [[nodiscard]] const std::vector<CompletedTransfer>& completed() const {
    return transfers_.completed();
  }
  void clear_completed() { transfers_.clear_completed(); }

  // Requests that have no response yet.
  [[nodiscard]] std::int64_t unanswered() const { return transfers_.unanswered(); }

  // Nothing happens after `end`: brings the statistics up to there.
  virtual void finish(Picoseconds end) = 0;

  [[nodiscard]] virtual std::vector<ChannelStats> channel_stats() const = 0;

  // From about `now` on the L2 holds these blocks, or holds them no more. Only under a plan.
  virtual void set_cached([[maybe_unused]] Picoseconds now,
                          [[maybe_unused]] l2::BlockRange blocks, [[maybe_unused]] bool cached) {}

  // Of the L2 slices, one a channel; empty without an L2.
  [[nodiscard]] virtual std::vector<l2::SliceStats> slice_stats() const { return {}; }

  // Of a detailed network, null of another one.
  [[nodiscard]] virtual const noc::NetworkStats* network_stats() const { return nullptr; }

  // What left the network in each period, of any network.
  [[nodiscard]] const NetworkTraffic& network_traffic() const { return transfers_.traffic(); }

  // Where requests stand, for the message of a deadlock.
  [[nodiscard]] virtual std::string describe() const = 0;

  [[nodiscard]] const Clock<IcntCycle>& icnt_clock() const { return icnt_clock_; }

 protected:
  Clock<IcntCycle> icnt_clock_;
  std::size_t ports_;  // of each core
  Transfers transfers_;
  std::uint64_t next_age_ = 0;
};

// The model that `machine` asks for. `plain` takes the one without shortcuts: request by request,
// cycle by cycle, with equal results.
std::unique_ptr<Memory> make_memory(const MachineSpec& machine, bool plain);

}  // namespace npu::togsim
