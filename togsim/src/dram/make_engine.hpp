// The two ways of running a controller.
#pragma once

#include <memory>

#include "dram/engine.hpp"

namespace npu::togsim::dram {

// The rules as they are written: every tick, every request of every queue.
std::unique_ptr<Engine> make_plain_engine(const Spec& spec, bool log_commands);
// The same over an index, skipping ticks without a command.
std::unique_ptr<Engine> make_fast_engine(const Spec& spec, bool log_commands);

}  // namespace npu::togsim::dram
