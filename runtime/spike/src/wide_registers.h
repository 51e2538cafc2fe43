// Vector registers wider than Spike's ISA strings can say.
#pragma once

#include <riscv/processor.h>

#include <cstdint>

namespace npu {

// The widest VLEN that an ISA string may give, in bits (Spike's parser refuses more).
constexpr std::uint64_t widest_isa_vlen = 4096;

// Gives a processor that was just reset vector registers of `vlen_bits` bits, all zero, and the
// vlenb CSR that says so. The V extension goes up to 65,536 bits.
void widen_registers(processor_t& processor, std::uint64_t vlen_bits);

}  // namespace npu
