// Vector loads and stores at the host's speed.
#pragma once

#include <riscv/extension.h>
#include <riscv/processor.h>

#include "memory.h"

namespace npu {

// Replaces unmasked unit-stride 32-bit loads and stores by a copy when nothing can go wrong; any
// other case, traps included, goes to Spike's own handler.
class NativeMemory : public extension_t {
public:
    // `decoder` has only Spike's own handlers; it is shown two samples in a page of `memory`.
    NativeMemory(Memory& memory, processor_t& decoder);

    std::vector<insn_desc_t> get_instructions(const processor_t& proc) override;
    std::vector<disasm_insn_t*> get_disasms(const processor_t*) override { return {}; }
    const char* name() const override { return "npu_native_memory"; }

    // While it lives, this thread's processors use `native`.
    class Active {
    public:
        explicit Active(NativeMemory& native);
        ~Active();
        Active(const Active&) = delete;
        Active& operator=(const Active&) = delete;
    };

private:
    static reg_t load(processor_t* p, insn_t insn, reg_t pc);
    static reg_t store(processor_t* p, insn_t insn, reg_t pc);
    char* host_address(processor_t* p, insn_t insn) const;

    Memory& memory_;
    insn_func_t stock_load_;
    insn_func_t stock_store_;
};

}  // namespace npu
