#include "npu_extension.h"

#include <riscv/disasm.h>
#include <riscv/mmu.h>


#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>

#include "special_functions.h"
#include "wide_registers.h"

namespace npu {
namespace {

NpuExtension& extension_of(processor_t* p) {
    return *static_cast<NpuExtension*>(p->get_extension("npu"));
}

[[noreturn]] void illegal(insn_t insn) { throw trap_illegal_instruction(insn.bits()); }

// Vector registers of elements of type T from register `number`, or an illegal instruction: the
// vector unit is on, vtype is legal, vstart is 0, SEW is T's width and the register group is aligned.
template <typename T>
T* vector_group(processor_t* p, insn_t insn, std::uint64_t number) {
    vectorUnit_t& unit = p->VU;
    const bool on = p->get_state()->sstatus->enabled(SSTATUS_VS);
    if (!on || unit.vill || unit.vstart->read() != 0 || unit.vsew != 8 * sizeof(T)) illegal(insn);
    if (unit.vflmul > 1 && number % static_cast<std::uint64_t>(unit.vflmul) != 0) illegal(insn);
    // Through elt(), which notes the registers for Spike's commit log.
    return &unit.elt<T>(number, 0, false);
}

float* written_group(processor_t* p, insn_t insn) {
    float* group = vector_group<float>(p, insn, insn.rd());
    const std::uint64_t per_register = p->VU.VLEN / 32;
    const std::uint64_t count = p->VU.vl->read();
    for (std::uint64_t i = 0; i < count; i += per_register) p->VU.elt<float>(insn.rd(), i, true);
    p->get_state()->sstatus->dirty(SSTATUS_VS);
    return group;
}

void check_array(processor_t* p, insn_t insn, const char* text) {
    if (text != nullptr) extension_of(p).trap(cause_array_use, insn.bits(), text);
}

DmaDescriptor read_descriptor(processor_t* p, std::uint64_t address) {
    DmaDescriptor descriptor;
    std::uint64_t words[sizeof(DmaDescriptor) / 8];
    for (std::size_t i = 0; i < std::size(words); ++i) {
        words[i] = p->get_mmu()->load<std::uint64_t>(address + 8 * i);
    }
    static_assert(sizeof(words) == sizeof(descriptor));
    std::memcpy(&descriptor, words, sizeof(descriptor));
    return descriptor;
}

reg_t transfer(processor_t* p, insn_t insn, reg_t pc, DmaDirection direction) {
    NpuExtension& npu = extension_of(p);
    const std::uint64_t address = p->get_state()->XPR[insn.rs1()];
    if (address % 8 != 0) {
        npu.trap(cause_dma_descriptor, address, "the descriptor is not 8-byte aligned");
    }
    DmaMemory& memory = npu.memory(*p);
    const DmaResult result = run_dma(read_descriptor(p, address), address, direction, memory);
    if (!result.text.empty()) npu.trap(result.cause, result.value, result.text);
    npu.dma_bytes += result.bytes;
    return pc + 4;
}

reg_t dma_load(processor_t* p, insn_t insn, reg_t pc) {
    return transfer(p, insn, pc, DmaDirection::load);
}

reg_t dma_store(processor_t* p, insn_t insn, reg_t pc) {
    return transfer(p, insn, pc, DmaDirection::store);
}

// Transfers are complete at once, so that only the tag is checked.
reg_t dma_wait(processor_t* p, insn_t insn, reg_t pc) {
    const std::uint64_t tag = p->get_state()->XPR[insn.rs1()];
    if (tag >> 32 != 0) {
        extension_of(p).trap(cause_dma_descriptor, tag, "the tag waited for is not below 2^32");
    }
    return pc + 4;
}

reg_t dma_after(processor_t* p, insn_t insn, reg_t pc) { return dma_wait(p, insn, pc); }

float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

float from_f16(std::uint16_t bits) {
    const bool negative = (bits & 0x8000U) != 0;
    const int exponent = (bits >> 10) & 0x1F, fraction = bits & 0x3FF;
    float size = std::ldexp(static_cast<float>(fraction | (exponent == 0 ? 0 : 0x400)),
                            std::max(exponent, 1) - 25);
    if (exponent == 0x1F) size = fraction == 0 ? HUGE_VALF : std::nanf("");
    return negative ? -size : size;
}

// Hands the vl elements in vs2, which are of the type of the weights, to the array as f32.
void push(processor_t* p, insn_t insn, const char* (SystolicArray::*take)(const float*, std::size_t)) {
    const std::uint64_t count = p->VU.vl->read();
    SystolicArray& array = extension_of(p).array;
    if (array.type() == ElementType::f32) {
        const float* values = vector_group<float>(p, insn, insn.rs2());
        return check_array(p, insn, (array.*take)(values, count));
    }
    const std::uint16_t* halves = vector_group<std::uint16_t>(p, insn, insn.rs2());
    const auto widen = array.type() == ElementType::bf16 ? from_bf16 : from_f16;
    std::vector<float> values(count);
    std::transform(halves, halves + count, values.begin(), widen);
    check_array(p, insn, (array.*take)(values.data(), count));
}

reg_t array_config(processor_t* p, insn_t insn, reg_t pc) {
    const std::uint64_t value = p->get_state()->XPR[insn.rs1()];
    const std::uint64_t rows = value & ((1U << array_type_shift) - 1), columns = value >> 32;
    const std::uint64_t type = (value & 0xFFFFFFFFU) >> array_type_shift;
    check_array(p, insn, extension_of(p).array.configure(rows, columns, type));
    return pc + 4;
}

reg_t array_wpush(processor_t* p, insn_t insn, reg_t pc) {
    push(p, insn, &SystolicArray::push_weights);
    return pc + 4;
}

reg_t array_push(processor_t* p, insn_t insn, reg_t pc) {
    push(p, insn, &SystolicArray::push_input);
    return pc + 4;
}

reg_t array_pop(processor_t* p, insn_t insn, reg_t pc) {
    float* values = written_group(p, insn);
    check_array(p, insn, extension_of(p).array.pop(values, p->VU.vl->read()));
    return pc + 4;
}

template <float (*Function)(float)>
reg_t special(processor_t* p, insn_t insn, reg_t pc) {
    const float* from = vector_group<float>(p, insn, insn.rs2());
    float* to = written_group(p, insn);
    const std::uint64_t count = p->VU.vl->read();
    for (std::uint64_t i = 0; i < count; ++i) to[i] = Function(from[i]);
    return pc + 4;
}

insn_desc_t description(std::uint32_t match, std::uint32_t mask, insn_func_t f) {
    return {match, mask, f, f, f, f, f, f, f, f};
}

#define NPU_FUNCTION_dma(semantics) semantics
#define NPU_FUNCTION_array(semantics) semantics
#define NPU_FUNCTION_special(semantics) special<semantics>
#define NPU_DESCRIPTION(semantics, unit) \
    description(match_##semantics, mask_##semantics, NPU_FUNCTION_##unit(semantics)),

}  // namespace

std::vector<insn_desc_t> NpuExtension::get_instructions(const processor_t&) {
    return {NPU_INSTRUCTIONS(NPU_DESCRIPTION)};
}

std::vector<disasm_insn_t*> NpuExtension::get_disasms(const processor_t*) { return {}; }

void NpuExtension::reset(processor_t& processor) {
    if (vlen_bits_ != 0) widen_registers(processor, vlen_bits_);
    clear();
}

void NpuExtension::clear() {
    array.reset();
    last_error_ = "";
}

void NpuExtension::trap(std::uint64_t cause, std::uint64_t value, const std::string& text) {
    last_error_ = text;
    throw insn_trap_t(cause, false, value);
}

}  // namespace npu
