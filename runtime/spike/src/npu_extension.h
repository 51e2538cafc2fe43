// The Spike extension "npu": the custom instructions on a processor.
#pragma once

#include <riscv/extension.h>
#include <riscv/processor.h>

#include <string>

#include "dma.h"
#include "systolic_array.h"

// The wheel's headers and its library must describe the same object.
static_assert(sizeof(processor_t) == 8048, "another Spike: check the ABI, then this figure");

namespace npu {

// The state behind the custom instructions of one processor.
class NpuExtension : public extension_t {
public:
    // `memory` is what DMA copies through, and outlives the extension. `vlen_bits` of 0 leaves the
    // vector registers as the ISA string has them.
    NpuExtension(std::size_t lanes, DmaMemory* memory, std::uint64_t vlen_bits)
        : array(lanes), memory_(memory), vlen_bits_(vlen_bits) {}

    std::vector<insn_desc_t> get_instructions(const processor_t& proc) override;
    std::vector<disasm_insn_t*> get_disasms(const processor_t* proc) override;
    const char* name() const override { return "npu"; }
    void reset(processor_t& proc) override;

    // Raises a custom trap and keeps its explanation for `last_error`.
    [[noreturn]] void trap(std::uint64_t cause, std::uint64_t value, const std::string& text);
    const char* last_error() const { return last_error_.c_str(); }
    // Forgets the array's contents and the last explanation.
    void clear();

    // What the DMA instructions of `proc` copy through.
    virtual DmaMemory& memory(processor_t&) { return *memory_; }

    SystolicArray array;
    std::uint64_t dma_bytes = 0;

private:
    DmaMemory* memory_;
    std::uint64_t vlen_bits_;
    std::string last_error_;
};

}  // namespace npu
