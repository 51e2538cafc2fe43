// The extension for the stock `spike` command: --extlib=libnpu_spike.so --extension=npu.
// Memory is the simulation's own (-m), reached through the processor; docs/stock-spike.md.
// --extension=npu has the vector registers of the ISA string, npu_vlen8192 to npu_vlen65536 wider.
#include <riscv/mmu.h>

#include <cstdlib>
#include <string>

#include "npu_extension.h"
#include "wide_registers.h"

namespace npu {
namespace {

// Without a machine description the array is as large as the biggest shipped one.
constexpr std::size_t stock_lanes = 256;
constexpr std::uint64_t widest_vlen = 65536;  // of the V extension

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

    void read(DmaSide, std::uint64_t first, char* to, std::uint64_t bytes) override {
        for (std::uint64_t i = 0; i < bytes; ++i) {
            to[i] = static_cast<char>(mmu->load<std::uint8_t>(first + i));
        }
    }

    void write(DmaSide, std::uint64_t first, const char* from, std::uint64_t bytes) override {
        for (std::uint64_t i = 0; i < bytes; ++i) {
            mmu->store<std::uint8_t>(first + i, static_cast<std::uint8_t>(from[i]));
        }
    }

    void fill(std::uint64_t spad, const char* element, std::uint64_t element_bytes,
              std::uint64_t bytes) override {
        for (std::uint64_t i = 0; i < bytes; ++i) {
            mmu->store<std::uint8_t>(spad + i, static_cast<std::uint8_t>(element[i % element_bytes]));
        }
    }

    mmu_t* mmu = nullptr;
};

class StockExtension : public NpuExtension {
public:
    explicit StockExtension(std::uint64_t vlen_bits)
        : NpuExtension(stock_lanes, &memory_, vlen_bits) {}

    // The command registers its extensions with processors that it has reset before and does not
    // reset again: this call, which comes with the registration, is the only one that tells us.
    std::vector<insn_desc_t> get_instructions(const processor_t& proc) override {
        reset(const_cast<processor_t&>(proc));
        return NpuExtension::get_instructions(proc);
    }

    DmaMemory& memory(processor_t& proc) override {
        memory_.mmu = proc.get_mmu();
        return memory_;
    }

private:
    StockMemory memory_;
};

// Runs when the library is loaded, as Spike's extension libraries do.
const bool registered = [] {
    register_extension("npu", [] { return new StockExtension(0); });
    for (std::uint64_t vlen = 2 * widest_isa_vlen; vlen <= widest_vlen; vlen *= 2) {
        const std::string name = "npu_vlen" + std::to_string(vlen);
        register_extension(name.c_str(), [vlen] { return new StockExtension(vlen); });
    }
    return true;
}();

}  // namespace
}  // namespace npu
