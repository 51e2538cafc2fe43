// One simulated core in process: Spike processors on host memory, called like functions.
#pragma once

#include <riscv/simif.h>

#include <map>
#include <memory>
#include <string>

#include "memory.h"
#include "native_memory.h"
#include "npu_extension.h"
#include "timing_model.h"

namespace npu {

class TimingHook;

// How a call ended.
enum class CallStatus : std::uint64_t { returned = 0, trapped = 1, over_budget = 2 };

struct CallResult {
    CallStatus status;
    std::uint64_t cause;           // mcause of a trap
    std::uint64_t pc;              // where it stopped
    std::uint64_t value;           // mtval of a trap
    std::uint64_t instruction;     // the word at pc, 0 if it cannot be read
    std::uint64_t instructions;    // executed
    std::uint64_t cycles;          // of a timed call
    std::uint64_t return_address;  // register ra where it stopped
};

struct CoreParameters {
    MemoryMap map;
    std::uint64_t vlen_bits;
    std::uint64_t lanes;
    std::uint64_t datapath_bits;
    CoreTiming timing;
};

class Core : public simif_t {
public:
    explicit Core(const CoreParameters& parameters);
    ~Core() override;

    // Must be called once; an explanation when the core cannot be made, else empty.
    std::string start();
    // Calls the function at `address`: integer arguments in a0..a7, further ones on the stack. A
    // timed call runs on a processor whose instructions feed the timing model.
    CallResult call(std::uint64_t address, const std::uint64_t* arguments, std::size_t count,
                    std::uint64_t budget, bool timed);
    // From another thread: the call that runs ends soon, as if over its budget.
    void stop() { memory_.stop.store(true, std::memory_order_relaxed); }
    // After instructions in memory were replaced.
    void flush();

    Memory& memory() { return memory_; }
    const char* last_error(bool timed) const;
    std::uint64_t dma_bytes() const { return plain_.extension->dma_bytes; }
    std::uint64_t multiply_accumulates() const {
        return plain_.extension->array.multiply_accumulates();
    }

    char* addr_to_mem(reg_t address) override { return memory_.find(address, 1); }
    bool mmio_load(reg_t, size_t, uint8_t*) override { return false; }
    bool mmio_store(reg_t, size_t, const uint8_t*) override { return false; }
    void proc_reset(unsigned) override {}
    const cfg_t& get_cfg() const override { return config_; }
    const std::map<size_t, processor_t*>& get_harts() const override { return harts_; }
    const char* get_symbol(uint64_t) override { return nullptr; }

private:
    struct Hart {
        std::unique_ptr<NpuExtension> extension;
        std::unique_ptr<processor_t> processor;
    };

    Hart make_hart(extension_t* first);
    void enter(processor_t& processor, std::uint64_t address, const std::uint64_t* arguments,
               std::size_t count);
    CallResult run(Hart& hart, std::uint64_t budget);

    CoreParameters parameters_;
    Memory memory_;
    std::string isa_;
    cfg_t config_;
    std::map<size_t, processor_t*> harts_;
    Hart stock_;  // runs nothing: decodes to Spike's own handlers
    std::unique_ptr<NativeMemory> native_;
    Hart plain_;  // values; also decodes for the timed one
    std::unique_ptr<TimingHook> hook_;
    Hart timed_;
};

}  // namespace npu
