// Decoding for the timing model: the vector encodings.
// Source: the RISC-V "V" extension specification 1.0, instruction listing by funct3 and funct6.
#include "decoded.h"

namespace npu {
namespace {

using Width = VectorOperand::Width;

enum Funct3 : std::uint32_t { opivv, opfvv, opmvv, opivi, opivx, opfvf, opmvx, opcfg };

VectorOperand group(std::uint32_t word, unsigned low, int log2_factor = 0) {
    return {static_cast<std::uint8_t>(bits(word, low, 5)), Width::sew,
            static_cast<std::int8_t>(log2_factor)};
}

VectorOperand single(std::uint32_t word, unsigned low) {
    return {static_cast<std::uint8_t>(bits(word, low, 5)), Width::single, 0};
}

Decoded vset(std::uint32_t word) {
    Decoded d;
    d.kind = Kind::vector_config;
    d.writes_vl = true;
    d.destination = static_cast<ScalarRegister>(bits(word, 7, 5));
    const bool immediate_length = bits(word, 30, 2) == 3;
    const bool register_type = bits(word, 25, 7) == 0x40;
    if (!immediate_length) d.sources[0] = static_cast<ScalarRegister>(bits(word, 15, 5));
    if (register_type) d.sources[1] = static_cast<ScalarRegister>(bits(word, 20, 5));
    return d;
}

// An element-wise operation vd = f(vs2, vs1 or scalar); the callers change what differs.
Decoded elementwise(std::uint32_t word, Kind kind) {
    Decoded d;
    d.kind = kind;
    d.vector = true;
    d.vector_sources[0] = group(word, 20);
    d.vector_destination = group(word, 7);
    d.reads_mask = d.mask_undisturbed = bits(word, 25, 1) == 0;
    const auto number = bits(word, 15, 5);
    switch (bits(word, 12, 3)) {
        case opivv:
        case opfvv:
        case opmvv: d.vector_sources[1] = group(word, 15); break;
        case opivx:
        case opmvx: d.sources[0] = static_cast<ScalarRegister>(number); break;
        case opfvf: d.sources[0] = static_cast<ScalarRegister>(first_float + number); break;
        default: break;
    }
    return d;
}

Decoded accumulating(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_multiply);
    d.vector_sources[2] = d.vector_destination;
    return d;
}

Decoded to_mask(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_add);
    d.vector_destination = single(word, 7);
    d.result_at_end = true;
    return d;
}

Decoded reduction(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_reduce);
    d.vector_sources[1] = single(word, 15);
    d.vector_destination = single(word, 7);
    d.mask_undisturbed = false;
    d.result_at_end = true;
    return d;
}

Decoded permutation(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_misc);
    d.whole_source = true;
    return d;
}

// vmerge and vmv.v (vfmerge, vfmv.v): unmasked they have no vs2, masked v0 selects.
Decoded merge(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_misc);
    d.mask_undisturbed = false;
    if (bits(word, 25, 1) == 1) d.vector_sources[0] = {};
    return d;
}

Decoded mask_logic(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_misc);
    d.vector_sources = {single(word, 20), single(word, 15), VectorOperand{}};
    d.vector_destination = single(word, 7);
    return d;
}

// Moves between element 0 and a scalar register, and vcpop/vfirst, which read a mask.
Decoded to_scalar(std::uint32_t word, bool to_float) {
    Decoded d = elementwise(word, Kind::vector_misc);
    const std::uint32_t rd = bits(word, 7, 5) + (to_float ? first_float : 0U);
    d.vector_sources = {single(word, 20), VectorOperand{}, VectorOperand{}};
    d.vector_destination = {};
    d.destination = static_cast<ScalarRegister>(rd);
    d.one_element = true;
    return d;
}

Decoded from_scalar(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_misc);
    d.vector_sources = {};
    d.vector_destination = single(word, 7);
    d.one_element = true;
    return d;
}

Decoded whole_move(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_misc);
    d.whole_registers = static_cast<std::uint8_t>(bits(word, 15, 5) + 1);
    return d;
}

Decoded mask_unary(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_misc);
    const bool gives_indices = bits(word, 15, 5) >= 0x10;  // viota, vid
    d.vector_sources = {single(word, 20), VectorOperand{}, VectorOperand{}};
    if (bits(word, 15, 5) == 0x11) d.vector_sources[0] = {};  // vid
    if (!gives_indices) d.vector_destination = single(word, 7);
    return d;
}

Decoded extension(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_add);
    d.vector_sources[1] = {};
    const int divisor = 4 - static_cast<int>(bits(word, 16, 2));  // vf2: 3, vf4: 2, vf8: 1
    d.vector_sources[0] = group(word, 20, -divisor);
    return d;
}

Decoded conversion(std::uint32_t word) {
    Decoded d = elementwise(word, Kind::vector_add);
    d.vector_sources[1] = {};
    const std::uint32_t kind = bits(word, 18, 2);  // 0 same width, 1 widening, 2 narrowing
    if (kind == 1) d.vector_destination = group(word, 7, 1);
    if (kind == 2) d.vector_sources[0] = group(word, 20, 1);
    return d;
}

Decoded float_unary(std::uint32_t word) {
    const bool root = bits(word, 15, 5) == 0;
    Decoded d = elementwise(word, root ? Kind::vector_divide : Kind::vector_add);
    d.vector_sources[1] = {};
    return d;
}

Decoded widening(Decoded d, std::uint32_t word, bool wide_source) {
    d.vector_destination = group(word, 7, 1);
    if (wide_source) d.vector_sources[0] = group(word, 20, 1);
    if (d.vector_sources[2].width != Width::none) d.vector_sources[2] = d.vector_destination;
    return d;
}

Decoded integer_operation(std::uint32_t word, std::uint32_t funct6) {
    switch (funct6) {
        case 0x0C:
        case 0x0E:
        case 0x0F: return permutation(word);
        case 0x11:
        case 0x13: return to_mask(word);
        case 0x17: return merge(word);
        case 0x27:
            if (bits(word, 12, 3) == opivi) return whole_move(word);
            return elementwise(word, Kind::vector_multiply);
        case 0x30:
        case 0x31: return reduction(word);
        default: break;
    }
    if (funct6 >= 0x18 && funct6 <= 0x1F) return to_mask(word);
    Decoded d = elementwise(word, Kind::vector_add);
    if (funct6 >= 0x2C && funct6 <= 0x2F) d.vector_sources[0] = group(word, 20, 1);  // narrowing
    return d;
}

Decoded multiply_operation(std::uint32_t word, std::uint32_t funct6) {
    if (funct6 <= 0x07) return reduction(word);
    if (funct6 >= 0x18 && funct6 <= 0x1F) return mask_logic(word);
    if (funct6 >= 0x20 && funct6 <= 0x23) return elementwise(word, Kind::vector_divide);
    if (funct6 >= 0x24 && funct6 <= 0x27) return elementwise(word, Kind::vector_multiply);
    if (funct6 >= 0x28 && funct6 <= 0x2F) return accumulating(word);
    if (funct6 >= 0x30 && funct6 <= 0x37) {
        return widening(elementwise(word, Kind::vector_add), word, funct6 >= 0x34);
    }
    if (funct6 >= 0x38 && funct6 <= 0x3B) {
        return widening(elementwise(word, Kind::vector_multiply), word, false);
    }
    if (funct6 >= 0x3C) return widening(accumulating(word), word, false);
    switch (funct6) {
        case 0x0E:
        case 0x0F:
        case 0x17: return permutation(word);
        case 0x10: return bits(word, 12, 3) == opmvx ? from_scalar(word) : to_scalar(word, false);
        case 0x12: return extension(word);
        case 0x14: return mask_unary(word);
        default: return elementwise(word, Kind::vector_add);
    }
}

Decoded float_operation(std::uint32_t word, std::uint32_t funct6) {
    if (funct6 >= 0x28 && funct6 <= 0x2F) return accumulating(word);
    if (funct6 >= 0x3C) return widening(accumulating(word), word, false);
    switch (funct6) {
        case 0x01:
        case 0x03:
        case 0x05:
        case 0x07:
        case 0x31:
        case 0x33: return reduction(word);
        case 0x0E:
        case 0x0F: return permutation(word);
        case 0x10: return bits(word, 12, 3) == opfvf ? from_scalar(word) : to_scalar(word, true);
        case 0x12: return conversion(word);
        case 0x13: return float_unary(word);
        case 0x17: return merge(word);
        case 0x20:
        case 0x21: return elementwise(word, Kind::vector_divide);
        case 0x24: return elementwise(word, Kind::vector_multiply);
        case 0x30:
        case 0x32: return widening(elementwise(word, Kind::vector_add), word, false);
        case 0x34:
        case 0x36: return widening(elementwise(word, Kind::vector_add), word, true);
        case 0x38: return widening(elementwise(word, Kind::vector_multiply), word, false);
        default: break;
    }
    if (funct6 >= 0x18 && funct6 <= 0x1F) return to_mask(word);
    return elementwise(word, Kind::vector_add);
}

std::int8_t memory_width(std::uint32_t word) {
    switch (bits(word, 12, 3)) {
        case 0: return 8;
        case 5: return 16;
        case 6: return 32;
        default: return 64;
    }
}

}  // namespace

Decoded decode_vector_arithmetic(std::uint32_t word) {
    const std::uint32_t funct6 = bits(word, 26, 6);
    switch (bits(word, 12, 3)) {
        case opcfg: return vset(word);
        case opfvv:
        case opfvf: return float_operation(word, funct6);
        case opmvv:
        case opmvx: return multiply_operation(word, funct6);
        default: return integer_operation(word, funct6);
    }
}

Decoded decode_vector_memory(std::uint32_t word, bool store) {
    enum : std::uint32_t { unit_stride, indexed_unordered, strided, indexed_ordered };
    const std::uint32_t mode = bits(word, 26, 2), unit_kind = bits(word, 20, 5);
    const bool indexed = mode == indexed_unordered || mode == indexed_ordered;
    const auto number = static_cast<std::uint8_t>(bits(word, 7, 5));
    VectorOperand data{number, Width::bits, memory_width(word)};
    Decoded d;
    d.kind = store ? Kind::vector_store : Kind::vector_load;
    d.vector = true;
    d.sources[0] = static_cast<ScalarRegister>(bits(word, 15, 5));
    d.reads_mask = bits(word, 25, 1) == 0;
    d.mask_undisturbed = d.reads_mask && !store;
    d.segments = static_cast<std::uint8_t>(bits(word, 29, 3) + 1);
    d.per_lane = mode != unit_stride;
    if (mode == strided) d.sources[1] = static_cast<ScalarRegister>(unit_kind);
    if (indexed) {
        d.vector_sources[1] = {static_cast<std::uint8_t>(unit_kind), Width::bits, data.value};
        data = {number, Width::sew, 0};
    }
    if (mode == unit_stride && unit_kind == 0x08) {
        d.whole_registers = d.segments;
        d.segments = 1;
    }
    if (mode == unit_stride && unit_kind == 0x0B) data = {number, Width::single, 0};
    if (mode == unit_stride && unit_kind == 0x10) d.writes_vl = true;
    (store ? d.vector_sources[0] : d.vector_destination) = data;
    return d;
}

}  // namespace npu
