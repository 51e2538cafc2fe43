// Which waiting packet gets which virtual channel of its output port.
#pragma once

#include <cstdint>
#include <vector>

#include "noc/bits.hpp"
#include "noc/spec.hpp"

namespace npu::togsim::noc {

// Requesters are the virtual channels of all inputs (number input * num_vcs + vc), resources those
// of all outputs. A packet asks for every free channel of its route, each cycle until it has one.
class VcAllocator {
 public:
  struct Match {
    std::uint32_t requester;
    std::uint32_t output;
    std::uint32_t vc;
  };

  VcAllocator(const AllocatorSpec& spec, std::size_t inputs, std::size_t outputs,
              std::size_t num_vcs);

  // From this cycle on; `vcs` are the channels of `output` that the packet may use.
  void wait(std::uint32_t requester, std::uint32_t output, std::uint64_t vcs);
  [[nodiscard]] bool idle() const { return waiting_ == 0; }

  // The matching of this cycle, given the free channels of each output; who is matched waits no
  // longer. Valid until the next call.
  const std::vector<Match>& allocate(const std::vector<std::uint64_t>& free);

 private:
  struct Waiter {
    std::uint32_t requester;
    std::uint64_t vcs;
    std::uint64_t granted;
  };

  void one_waiter(std::size_t output, std::uint64_t free);
  std::uint64_t islip_iteration(std::size_t output, std::uint64_t free, bool first);
  void separable_input_first(std::size_t output, std::uint64_t free);
  [[nodiscard]] std::size_t accepted(const Waiter& waiter, std::size_t output,
                                     std::uint64_t choice) const;
  [[nodiscard]] Waiter* next_waiter(std::size_t output, std::size_t vc);
  void match(const Waiter& waiter, std::size_t output, std::size_t vc, bool move_pointers);
  void remove_matched(std::size_t output);

  AllocatorSpec spec_;
  std::size_t requesters_;
  std::size_t outputs_;
  std::size_t num_vcs_;
  std::size_t waiting_ = 0;
  BitRows asked_;                              // outputs that somebody waits for
  std::vector<std::vector<Waiter>> waiters_;   // [output] in order of the requester's number
  std::vector<std::uint32_t> grant_pointer_;   // [output * num_vcs + vc]
  std::vector<std::uint32_t> accept_pointer_;  // [requester]
  std::vector<Match> matches_;
};

}  // namespace npu::togsim::noc
