#include "core.h"

#include <riscv/mmu.h>

#include <algorithm>
#include <cstring>
#include <iostream>

#include "timing_hook.h"
#include "wide_registers.h"

namespace npu {
namespace {

constexpr std::size_t register_arguments = 8;
constexpr std::uint64_t stack_alignment = 16;
constexpr std::uint64_t float_and_vector_on = 0x6600;  // mstatus.FS and VS: dirty
// Few enough that a call can be stopped within a second where each is a whole matrix product.
constexpr std::uint64_t instructions_per_step = 1U << 10;

std::string isa_string(std::uint64_t vlen_bits) {
    const std::uint64_t said = std::min(vlen_bits, widest_isa_vlen);
    return "rv64gcv_zvl" + std::to_string(said) + "b_zvfh_zfh_zvfbfmin_zfbfmin_zba_zbb";
}

}  // namespace

Core::Core(const CoreParameters& parameters)
    : parameters_(parameters), memory_(parameters.map), isa_(isa_string(parameters.vlen_bits)) {
    config_.isa = isa_.c_str();
    config_.priv = "m";
    config_.hartids = {0};
    config_.pmpregions = 0;
    config_.trigger_count = 0;
    debug_mmu = nullptr;
}

Core::~Core() = default;

std::string Core::start() {
    const std::string refused = memory_.allocate();
    if (!refused.empty()) return refused;
    stock_ = make_hart(nullptr);
    native_ = std::make_unique<NativeMemory>(memory_, *stock_.processor);
    plain_ = make_hart(native_.get());
    hook_ = std::make_unique<TimingHook>(*plain_.processor, parameters_.timing,
                                         Datapath{parameters_.datapath_bits, parameters_.lanes});
    timed_ = make_hart(hook_.get());
    return "";
}

Core::Hart Core::make_hart(extension_t* first) {
    Hart hart;
    hart.extension =
        std::make_unique<NpuExtension>(parameters_.lanes, &memory_, parameters_.vlen_bits);
    hart.processor = std::make_unique<processor_t>(config_.isa, config_.priv, &config_, this, 0U,
                                                   false, nullptr, std::cerr);
    // The first custom instruction that matches wins.
    if (first != nullptr) hart.processor->register_extension(first);
    hart.processor->register_extension(hart.extension.get());
    hart.processor->reset();
    return hart;
}

void Core::flush() {
    for (Hart* hart : {&plain_, &timed_}) {
        hart->processor->get_mmu()->flush_icache();
        hart->processor->get_mmu()->flush_tlb();
    }
    hook_->flush();
}

const char* Core::last_error(bool timed) const {
    const Hart& hart = timed ? timed_ : plain_;
    return hart.extension->last_error();
}

void Core::enter(processor_t& processor, std::uint64_t address, const std::uint64_t* arguments,
                 std::size_t count) {
    state_t& state = *processor.get_state();
    const std::size_t in_registers = std::min(count, register_arguments);
    const std::size_t on_stack = count - in_registers;
    const std::uint64_t top = parameters_.map.stack_base + parameters_.map.stack_bytes;
    const std::uint64_t sp = (top - 8 * on_stack) / stack_alignment * stack_alignment;
    if (on_stack != 0) {
        std::memcpy(memory_.find(sp, 8 * on_stack), arguments + in_registers, 8 * on_stack);
    }
    for (std::size_t i = 0; i < in_registers; ++i) state.XPR.write(X_A0 + i, arguments[i]);
    state.XPR.write(X_SP, sp);
    state.XPR.write(X_RA, Memory::return_stub);
    state.mtvec->write(Memory::trap_stub);
    state.mstatus->write(state.mstatus->read() | float_and_vector_on);
    state.prv = PRV_M;
    state.pc = address;
    processor.clear_waiting_for_interrupt();
}

CallResult Core::run(Hart& hart, std::uint64_t budget) {
    processor_t& processor = *hart.processor;
    state_t& state = *processor.get_state();
    const std::uint64_t before = state.minstret->read();
    CallResult result{CallStatus::over_budget, 0, 0, 0, 0, 0, 0, 0};
    memory_.stop.store(false, std::memory_order_relaxed);
    while (result.instructions < budget && !memory_.stop.load(std::memory_order_relaxed)) {
        processor.step(std::min(instructions_per_step, budget - result.instructions));
        result.instructions = state.minstret->read() - before;
        if (processor.is_waiting_for_interrupt() || state.pc == Memory::trap_stub) break;
    }
    result.pc = state.pc;
    result.return_address = state.XPR[X_RA];
    if (state.pc >= Memory::return_stub && state.pc <= Memory::return_stub + 4) {
        result.status = CallStatus::returned;
        --result.instructions;  // the stub's wfi
    } else if (state.pc >= Memory::trap_stub && state.pc <= Memory::trap_stub + 4) {
        result.status = CallStatus::trapped;
        result.cause = state.mcause->read();
        result.value = state.mtval->read();
        result.pc = state.mepc->read();
        hart.extension->array.reset();
    }
    if (const char* word = memory_.find(result.pc, 4)) std::memcpy(&result.instruction, word, 4);
    return result;
}

CallResult Core::call(std::uint64_t address, const std::uint64_t* arguments, std::size_t count,
                      std::uint64_t budget, bool timed) {
    Hart& hart = timed ? timed_ : plain_;
    const NativeMemory::Active native(*native_);
    enter(*hart.processor, address, arguments, count);
    if (!timed) return run(hart, budget);
    const TimingHook::Active active(*hook_);
    CallResult result = run(hart, budget);
    result.cycles = hook_->cycles();
    return result;
}

}  // namespace npu
