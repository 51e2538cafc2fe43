#include "dram/fast/policies.hpp"
#include "dram/make_engine.hpp"
#include "error.hpp"

namespace npu::togsim::dram {

std::unique_ptr<Engine> make_fast_engine(const Spec& spec, bool log_commands) {
  const bool low_power = spec.standard == "LPDDR5";
  if (spec.controller == "Generic" && low_power) {
    return std::make_unique<FastGenericLpddr5>(spec, log_commands);
  }
  if (spec.controller == "Generic") return std::make_unique<FastGeneric>(spec, log_commands);
  if (spec.controller == "GenericDDR") return std::make_unique<FastSingleBus>(spec, log_commands);
  if (spec.controller == "HBM12") return std::make_unique<FastDualBus>(spec, log_commands);
  if (spec.controller == "HBM34") return std::make_unique<FastHalfTick>(spec, log_commands);
  if (spec.controller == "LPDDR5") return std::make_unique<FastLpddr5>(spec, log_commands);
  throw Error("no such DRAM controller: " + spec.controller);
}

}  // namespace npu::togsim::dram
