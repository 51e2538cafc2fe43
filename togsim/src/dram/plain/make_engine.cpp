#include "dram/make_engine.hpp"
#include "dram/plain/policies.hpp"
#include "error.hpp"

namespace npu::togsim::dram {

std::unique_ptr<Engine> make_plain_engine(const Spec& spec, bool log_commands) {
  if (spec.controller == "Generic") return std::make_unique<PlainGeneric>(spec, log_commands);
  if (spec.controller == "GenericDDR") return std::make_unique<PlainSingleBus>(spec, log_commands);
  if (spec.controller == "HBM12") return std::make_unique<PlainDualBus>(spec, log_commands);
  if (spec.controller == "HBM34") return std::make_unique<PlainHalfTick>(spec, log_commands);
  if (spec.controller == "LPDDR5") return std::make_unique<PlainLpddr5>(spec, log_commands);
  throw Error("no such DRAM controller: " + spec.controller);
}

}  // namespace npu::togsim::dram
