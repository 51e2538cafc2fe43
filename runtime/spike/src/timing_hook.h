// Feeds the timing model with the instructions a Spike processor executes.
#pragma once

#include <riscv/extension.h>
#include <riscv/processor.h>

#include <vector>

#include "timing_model.h"

namespace npu {

// An extension with one instruction that matches every word: executing it finds the real handler of
// the word (another processor decodes it), runs that on this processor and tells the timing model.
class TimingHook : public extension_t {
public:
    // `decoder` shares this core's memory and has no hook.
    TimingHook(processor_t& decoder, const CoreTiming& timing, Datapath datapath);

    std::vector<insn_desc_t> get_instructions(const processor_t& proc) override;
    std::vector<disasm_insn_t*> get_disasms(const processor_t*) override { return {}; }
    const char* name() const override { return "npu_timing"; }

    // Forgets decoded instructions.
    void flush();
    std::uint64_t cycles() const { return model_.cycles(); }

    // While it lives, the hook counts what this thread's processor executes, from zero.
    class Active {
    public:
        explicit Active(TimingHook& hook);
        ~Active();
        Active(const Active&) = delete;
        Active& operator=(const Active&) = delete;
    };

private:
    struct Entry {
        std::uint64_t pc = ~std::uint64_t{0};
        insn_func_t function = nullptr;
        Decoded decoded;
    };

    static reg_t execute(processor_t* p, insn_t insn, reg_t pc);
    void refill(Entry& entry, reg_t pc);

    processor_t& decoder_;
    TimingModel model_;
    std::vector<Entry> entries_;
};

}  // namespace npu
