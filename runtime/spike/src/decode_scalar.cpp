// Decoding for the timing model: the 32-bit scalar encodings and the way to the other files.
// Source: the RISC-V unprivileged ISA manual, chapter "RV32/64G instruction set listings".
#include "decoded.h"
#include "isa_generated.h"

namespace npu {
namespace {

ScalarRegister x(std::uint32_t word, unsigned low) {
    return static_cast<ScalarRegister>(bits(word, low, 5));
}

ScalarRegister f(std::uint32_t word, unsigned low) {
    return static_cast<ScalarRegister>(first_float + bits(word, low, 5));
}

Decoded scalar(Kind kind, ScalarRegister destination, ScalarRegister one = 0,
               ScalarRegister two = 0, ScalarRegister three = 0) {
    Decoded d;
    d.kind = kind;
    d.destination = destination;
    d.sources = {one, two, three};
    return d;
}

Decoded integer_register(std::uint32_t word) {
    const bool m_extension = bits(word, 25, 7) == 1;
    const bool division = bits(word, 14, 1) == 1;
    const Kind m_kind = division ? Kind::divide : Kind::multiply;
    return scalar(m_extension ? m_kind : Kind::integer, x(word, 7), x(word, 15), x(word, 20));
}

// OP-FP: funct7 without its two format bits tells the operation and the register files.
Decoded float_operation(std::uint32_t word) {
    const ScalarRegister fd = f(word, 7), f1 = f(word, 15), f2 = f(word, 20);
    switch (bits(word, 27, 5)) {
        case 0b00010: return scalar(Kind::float_multiply, fd, f1, f2);
        case 0b00011: return scalar(Kind::float_divide, fd, f1, f2);
        case 0b01011: return scalar(Kind::float_divide, fd, f1);             // square root
        case 0b01000: return scalar(Kind::float_add, fd, f1);                // float to float
        case 0b10100: return scalar(Kind::float_add, x(word, 7), f1, f2);    // compare
        case 0b11000:                                                        // float to integer
        case 0b11100: return scalar(Kind::float_add, x(word, 7), f1);        // move, classify
        case 0b11010:                                                        // integer to float
        case 0b11110: return scalar(Kind::float_add, fd, x(word, 15));       // move
        default: return scalar(Kind::float_add, fd, f1, f2);
    }
}

Decoded system(std::uint32_t word) {
    const bool from_register = bits(word, 12, 3) >= 1 && bits(word, 12, 3) <= 3;
    Decoded d = scalar(Kind::integer, x(word, 7), from_register ? x(word, 15) : ScalarRegister{0});
    d.vector = bits(word, 20, 12) >= 0xC20 && bits(word, 20, 12) <= 0xC22;  // vl, vtype, vlenb
    d.one_element = true;
    return d;
}

bool scalar_float_width(std::uint32_t word) {
    const std::uint32_t width = bits(word, 12, 3);
    return width >= 1 && width <= 4;
}

Decoded custom(std::uint32_t word) {
    const bool special = (word & 0xFC00707FU) == (match_special_exp & 0xFC00707FU);
    Decoded d;
    d.kind = Kind::untimed;
    if (!special) return d;
    using Width = VectorOperand::Width;
    d.kind = Kind::special_function;
    d.vector = true;
    d.vector_sources[0] = {static_cast<std::uint8_t>(bits(word, 20, 5)), Width::sew, 0};
    d.vector_destination = {static_cast<std::uint8_t>(bits(word, 7, 5)), Width::sew, 0};
    return d;
}

}  // namespace

Decoded decode(std::uint32_t word) {
    if ((word & 3U) != 3U) return decode_compressed(word & 0xFFFFU);
    switch (word & 0x7FU) {
        case 0x03: return scalar(Kind::scalar_load, x(word, 7), x(word, 15));
        case 0x07:
            if (!scalar_float_width(word)) return decode_vector_memory(word, false);
            return scalar(Kind::scalar_load, f(word, 7), x(word, 15));
        case 0x0F: return scalar(Kind::integer, 0);  // fences: everything is in order already
        case 0x13:
        case 0x1B: return scalar(Kind::integer, x(word, 7), x(word, 15));
        case 0x17:
        case 0x37: return scalar(Kind::integer, x(word, 7));
        case 0x23: return scalar(Kind::scalar_store, 0, x(word, 15), x(word, 20));
        case 0x27:
            if (!scalar_float_width(word)) return decode_vector_memory(word, true);
            return scalar(Kind::scalar_store, 0, x(word, 15), f(word, 20));
        case 0x2F: return scalar(Kind::scalar_load, x(word, 7), x(word, 15), x(word, 20));
        case 0x33:
        case 0x3B: return integer_register(word);
        case 0x43:
        case 0x47:
        case 0x4B:
        case 0x4F:
            return scalar(Kind::float_multiply, f(word, 7), f(word, 15), f(word, 20), f(word, 27));
        case 0x53: return float_operation(word);
        case 0x57: return decode_vector_arithmetic(word);
        case 0x63: return scalar(Kind::integer, 0, x(word, 15), x(word, 20));
        case 0x67: return scalar(Kind::integer, x(word, 7), x(word, 15));
        case 0x6F: return scalar(Kind::integer, x(word, 7));
        case 0x73: return system(word);
        case 0x2B:
        case 0x5B: return custom(word);
        default: return scalar(Kind::untimed, 0);
    }
}

}  // namespace npu
