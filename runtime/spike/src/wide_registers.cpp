#include "wide_registers.h"

#include <cstdlib>
#include <memory>
#include <new>

namespace npu {
namespace {

constexpr std::size_t vector_registers = 32;

}  // namespace

void widen_registers(processor_t& processor, std::uint64_t vlen_bits) {
    vectorUnit_t& unit = processor.VU;
    const std::uint64_t bytes = vlen_bits / 8;
    // The unit frees its registers itself, hence no C++ allocation.
    void* registers = std::calloc(vector_registers, bytes);
    if (registers == nullptr) throw std::bad_alloc();
    std::free(unit.reg_file);
    unit.reg_file = registers;
    unit.VLEN = vlen_bits;
    unit.vlenb = bytes;
    // Read-only: a mask of 0 leaves it as it is made.
    processor.get_state()->csrmap[CSR_VLENB] =
        std::make_shared<vector_csr_t>(&processor, CSR_VLENB, 0, bytes);
}

}  // namespace npu
