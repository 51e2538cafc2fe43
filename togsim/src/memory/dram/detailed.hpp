// A DRAM channel with banks and rows, behind the interface of all channels.
#pragma once

#include <memory>

#include "memory/dram/channel.hpp"

namespace npu::togsim {

// A channel with the controller of `machine.dram_model`, which must be there.
std::unique_ptr<DramChannel> make_detailed_channel(const MachineSpec& machine, bool plain);

}  // namespace npu::togsim
