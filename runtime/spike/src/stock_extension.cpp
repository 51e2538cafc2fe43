// The extension for the stock `spike` command: --extlib=libnpu_spike.so --extension=npu.
// Memory is the simulation's own (-m), reached through the processor; docs/stock-spike.md.
#include <riscv/mmu.h>

#include <cstdlib>

#include "npu_extension.h"

namespace npu {
namespace {

// Without a machine description the array is as large as the biggest shipped one.
constexpr std::size_t stock_lanes = 256;

class StockMemory : public DmaMemory {
public:
    // The processor traps by itself when memory is not there.
    bool contains(DmaSide, std::uint64_t, std::uint64_t) override { return true; }
    char* host(DmaSide, std::uint64_t, std::uint64_t) override { return nullptr; }

    void copy(DmaDirection direction, std::uint64_t dram, std::uint64_t spad,
              std::uint64_t bytes) override {
        const std::uint64_t from = direction == DmaDirection::load ? dram : spad;
        const std::uint64_t to = direction == DmaDirection::load ? spad : dram;
        for (std::uint64_t i = 0; i < bytes; ++i) {
            mmu->store<std::uint8_t>(to + i, mmu->load<std::uint8_t>(from + i));
        }
    }

    mmu_t* mmu = nullptr;
};

class StockExtension : public NpuExtension {
public:
    StockExtension() : NpuExtension(stock_lanes, &memory_) {}

    DmaMemory& memory(processor_t& proc) override {
        memory_.mmu = proc.get_mmu();
        return memory_;
    }

private:
    StockMemory memory_;
};

extension_t* make_extension() { return new StockExtension; }

// Runs when the library is loaded, as Spike's extension libraries do.
const bool registered = [] {
    register_extension("npu", make_extension);
    return true;
}();

}  // namespace
}  // namespace npu
