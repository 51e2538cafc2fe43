// What the timing model needs to know of an instruction: its kind and the registers it touches.
#pragma once

#include <array>
#include <cstdint>

namespace npu {

// Kinds of instruction with a unit and a latency of their own (TimingModel makes the rules).
enum class Kind : std::uint8_t {
    integer,
    multiply,
    divide,
    float_add,
    float_multiply,
    float_divide,
    scalar_load,
    scalar_store,
    vector_config,
    vector_misc,
    vector_load,
    vector_store,
    vector_add,
    vector_multiply,
    vector_divide,
    vector_reduce,
    special_function,
    untimed,  // DMA and array: the system simulator counts those
    count
};

// Scalar registers in one numbering: x0..x31 are 0..31, f0..f31 are 32..63. 0 (x0) stands for none.
using ScalarRegister = std::uint8_t;
inline constexpr ScalarRegister first_float = 32;

// A vector register operand and the width of its elements.
struct VectorOperand {
    enum class Width : std::uint8_t {
        none,    // no such operand
        single,  // one register whatever LMUL is: a mask, or element 0
        sew,     // `value` is the log2 of the factor on SEW, -3..1
        bits,    // `value` is the width in bits
    };
    std::uint8_t number = 0;
    Width width = Width::none;
    std::int8_t value = 0;
};

struct Decoded {
    Kind kind = Kind::integer;
    std::uint8_t length = 4;  // bytes
    std::array<ScalarRegister, 3> sources{};
    ScalarRegister destination = 0;

    bool vector = false;           // needs vl and vtype
    bool writes_vl = false;        // vsetvl and fault-only-first loads
    bool whole_source = false;     // may read any source element at once: slides, gathers
    bool result_at_end = false;    // nothing is ready before the last element: reductions, masks
    bool per_lane = false;         // one element a lane and cycle: strided and indexed memory
    bool one_element = false;      // moves of element 0
    bool mask_undisturbed = false;  // masked: the old destination is a source unless vma is set
    std::uint8_t segments = 1;     // fields of a segment access
    std::uint8_t whole_registers = 0;  // registers of a whole-register move, load or store, else 0
    std::array<VectorOperand, 3> vector_sources{};
    bool reads_mask = false;  // v0
    VectorOperand vector_destination{};
};

// The registers and kind of an instruction of RV64GCV, Zfh, Zba, Zbb or of ours.
Decoded decode(std::uint32_t word);

// Parts of `decode`, by encoding space.
Decoded decode_compressed(std::uint32_t word);
Decoded decode_vector_arithmetic(std::uint32_t word);
Decoded decode_vector_memory(std::uint32_t word, bool store);

inline std::uint32_t bits(std::uint32_t word, unsigned low, unsigned width) {
    return (word >> low) & ((1U << width) - 1U);
}

}  // namespace npu
