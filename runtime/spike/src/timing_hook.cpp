#include "timing_hook.h"

#include <riscv/mmu.h>

#include "npu_extension.h"

namespace npu {
namespace {

constexpr std::size_t entry_count = 1U << 14;  // covers 32 KiB of code without a conflict
// Spike's handlers of some CSR instructions return this instead of a pc and are then run once more.
constexpr reg_t run_again = 3;

thread_local TimingHook* active_hook = nullptr;

}  // namespace

TimingHook::TimingHook(processor_t& decoder, const CoreTiming& timing, Datapath datapath)
    : decoder_(decoder), model_(timing, datapath), entries_(entry_count) {}

std::vector<insn_desc_t> TimingHook::get_instructions(const processor_t&) {
    return {{0, 0, execute, execute, execute, execute, execute, execute, execute, execute}};
}

void TimingHook::flush() { entries_.assign(entry_count, Entry{}); }

TimingHook::Active::Active(TimingHook& hook) {
    hook.model_.reset();
    active_hook = &hook;
}

TimingHook::Active::~Active() { active_hook = nullptr; }

void TimingHook::refill(Entry& entry, reg_t pc) {
    const insn_fetch_t fetched = decoder_.get_mmu()->load_insn(pc);
    insn_t insn = fetched.insn;
    entry = {pc, fetched.func, decode(static_cast<std::uint32_t>(insn.bits()))};
}

reg_t TimingHook::execute(processor_t* p, insn_t insn, reg_t pc) {
    TimingHook& hook = *active_hook;
    Entry& entry = hook.entries_[(pc >> 1) % entry_count];
    if (entry.pc != pc) hook.refill(entry, pc);
    const Decoded& decoded = entry.decoded;
    if (decoded.kind == Kind::untimed) {
        auto& npu = *static_cast<NpuExtension*>(p->get_extension("npu"));
        npu.trap(cause_not_timed, insn.bits(), "a timed function used the DMA engine or the array");
    }
    const reg_t next = entry.function(p, insn, pc);
    if (next == run_again) return next;
    VectorState state{};
    if (decoded.vector) {
        state = {p->VU.vl->read(), p->VU.vsew, p->VU.VLEN, p->VU.vma != 0};
    }
    const bool serialising = (next & 1) != 0;
    hook.model_.issue(decoded, state, !serialising && next != pc + decoded.length);
    return next;
}

}  // namespace npu
