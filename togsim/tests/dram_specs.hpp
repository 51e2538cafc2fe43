// All channels of the DRAM tests by name, and runs of requests through them.
#pragma once

#include <string>
#include <vector>

#include "dram/trace.hpp"
#include "dram_specs_2_0.hpp"
#include "dram_specs_2_1.hpp"

namespace dram_specs {

struct Named {
  std::string name;
  Spec spec;
};

inline std::vector<Named> all() {
  return {{"hbm2_generic", hbm2_generic()},     {"ddr4_generic", ddr4_generic()},
          {"lpddr5_generic", lpddr5_generic()}, {"ddr4_2_1", ddr4_2_1()},
          {"hbm2_dual_bus", hbm2_dual_bus()},   {"hbm3_half_tick", hbm3_half_tick()},
          {"lpddr5_2_1", lpddr5_2_1()}};
}

// The byte address of a bank's row and column (transactions), by the channel's own map without XOR.
// `bank` counts as ControllerStats::activations does.
inline std::uint64_t address(const Spec& spec, std::int64_t bank, std::int64_t row,
                             std::int64_t column = 0) {
  const std::size_t levels = spec.level_counts.size();
  std::vector<std::int64_t> index(levels, 0);
  index[levels - 1] = column;
  index[levels - 2] = row;
  for (std::size_t level = levels - 3; level > 0; --level) {
    index[level] = bank % spec.level_counts[level];
    bank /= spec.level_counts[level];
  }
  std::uint64_t value = 0;
  for (std::size_t i = spec.mapping.size(); i > 0; --i) {
    value = (value << spec.mapping_bits[i - 1]) |
            static_cast<std::uint64_t>(index[static_cast<std::size_t>(spec.mapping[i - 1])]);
  }
  return value * static_cast<std::uint64_t>(spec.tx_bytes);
}

inline npu::togsim::dram::TraceResult run(
    const Spec& spec, const std::vector<npu::togsim::dram::TraceRequest>& requests, bool plain) {
  return npu::togsim::dram::run_trace(spec, requests, plain, true);
}

}  // namespace dram_specs
