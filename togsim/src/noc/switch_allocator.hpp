// Who passes the crossbar in a cycle: a matching of the inputs and the outputs of a router.
#pragma once

#include <cstdint>
#include <vector>

#include "noc/bits.hpp"
#include "noc/spec.hpp"

namespace npu::togsim::noc {

// Requests stand until they are withdrawn. Each side has a round robin pointer for each port.
class SwitchAllocator {
 public:
  struct Match {
    std::uint32_t input;
    std::uint32_t output;
  };

  SwitchAllocator(const AllocatorSpec& spec, std::size_t inputs, std::size_t outputs);

  void request(std::size_t input, std::size_t output);
  void withdraw(std::size_t input, std::size_t output);
  [[nodiscard]] bool idle() const { return requests_ == 0; }

  // The matching of this cycle; pointers move. Valid until the next call.
  const std::vector<Match>& allocate();

 private:
  void islip_iteration(bool first);
  void separable_input_first();
  void match(std::size_t input, std::size_t output, bool move_pointers);

  AllocatorSpec spec_;
  std::size_t inputs_;
  std::size_t outputs_;
  std::size_t requests_ = 0;
  BitRows of_output_;        // [output] inputs that ask for it
  BitRows of_input_;         // [input] outputs that it asks for
  BitRows asked_;            // [0] outputs that are asked for, [1] inputs that ask
  BitRows matched_;          // [0] inputs, [1] outputs
  BitRows granted_;          // [input] outputs that grant it
  BitRows none_;             // an empty row of either length
  std::vector<std::uint32_t> touched_;  // inputs with a grant (outputs with a proposal)
  std::vector<std::uint32_t> grant_pointer_;   // [output]
  std::vector<std::uint32_t> accept_pointer_;  // [input]
  std::vector<Match> matches_;
};

}  // namespace npu::togsim::noc
