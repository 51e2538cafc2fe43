#include "native_memory.h"

#include <riscv/mmu.h>

#include <cstring>

namespace npu {
namespace {

// vle32.v and vse32.v: nf, mew, mop and lumop 0, vm 1, width 32; rs1 and the vector register free.
constexpr std::uint32_t match_load = 0x02006007, match_store = 0x02006027, mask = 0xFFF0707F;

thread_local NativeMemory* active = nullptr;

insn_func_t stock_handler(Memory& memory, processor_t& decoder, std::uint32_t word) {
    constexpr std::uint64_t scratch = Memory::return_stub + 0x200;
    std::memcpy(memory.find(scratch, 4), &word, 4);
    decoder.get_mmu()->flush_icache();
    return decoder.get_mmu()->load_insn(scratch).func;
}

}  // namespace

NativeMemory::NativeMemory(Memory& memory, processor_t& decoder)
    : memory_(memory),
      stock_load_(stock_handler(memory, decoder, match_load)),
      stock_store_(stock_handler(memory, decoder, match_store)) {}

std::vector<insn_desc_t> NativeMemory::get_instructions(const processor_t&) {
    return {{match_load, mask, load, load, load, load, load, load, load, load},
            {match_store, mask, store, store, store, store, store, store, store, store}};
}

NativeMemory::Active::Active(NativeMemory& native) { active = &native; }
NativeMemory::Active::~Active() { active = nullptr; }

// Where the elements are on the host, or nullptr when Spike itself has to look at the instruction.
char* NativeMemory::host_address(processor_t* p, insn_t insn) const {
    const vectorUnit_t& unit = p->VU;
    const std::uint64_t address = p->get_state()->XPR[insn.rs1()];
    const bool plain = !unit.vill && unit.vsew == 32 && unit.vstart->read() == 0;
    if (!plain || address % 4 != 0 || p->get_log_commits_enabled()) return nullptr;
    const auto registers = static_cast<std::uint64_t>(unit.vflmul);  // 0 for a fraction
    if (registers > 1 && insn.rd() % registers != 0) return nullptr;
    if (!p->get_state()->sstatus->enabled(SSTATUS_VS)) return nullptr;
    return memory_.find(address, 4 * unit.vl->read());
}

reg_t NativeMemory::load(processor_t* p, insn_t insn, reg_t pc) {
    const char* from = active->host_address(p, insn);
    if (from == nullptr) return active->stock_load_(p, insn, pc);
    char* registers = static_cast<char*>(p->VU.reg_file);
    std::memcpy(registers + insn.rd() * (p->VU.VLEN / 8), from, 4 * p->VU.vl->read());
    return pc + 4;
}

reg_t NativeMemory::store(processor_t* p, insn_t insn, reg_t pc) {
    char* to = active->host_address(p, insn);
    if (to == nullptr) return active->stock_store_(p, insn, pc);
    const char* registers = static_cast<const char*>(p->VU.reg_file);
    std::memcpy(to, registers + insn.rd() * (p->VU.VLEN / 8), 4 * p->VU.vl->read());
    return pc + 4;
}

}  // namespace npu
