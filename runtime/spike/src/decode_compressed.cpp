// Decoding for the timing model: 16-bit encodings of RV64GC.
// Source: the RISC-V unprivileged ISA manual, chapter "C extension", listing by quadrant.
#include "decoded.h"

namespace npu {
namespace {

constexpr ScalarRegister ra = 1, sp = 2;

ScalarRegister full(std::uint32_t word, unsigned low) {
    return static_cast<ScalarRegister>(bits(word, low, 5));
}

ScalarRegister small(std::uint32_t word, unsigned low) {
    return static_cast<ScalarRegister>(8 + bits(word, low, 3));
}

ScalarRegister as_float(ScalarRegister r) { return static_cast<ScalarRegister>(first_float + r); }

Decoded make(Kind kind, ScalarRegister destination, ScalarRegister one = 0,
             ScalarRegister two = 0) {
    Decoded d;
    d.kind = kind;
    d.length = 2;
    d.destination = destination;
    d.sources = {one, two, 0};
    return d;
}

Decoded quadrant0(std::uint32_t word) {
    const ScalarRegister data = small(word, 2), base = small(word, 7);
    switch (bits(word, 13, 3)) {
        case 0: return make(Kind::integer, data, sp);               // c.addi4spn
        case 1: return make(Kind::scalar_load, as_float(data), base);  // c.fld
        case 2:
        case 3: return make(Kind::scalar_load, data, base);          // c.lw, c.ld
        case 5: return make(Kind::scalar_store, 0, base, as_float(data));  // c.fsd
        case 6:
        case 7: return make(Kind::scalar_store, 0, base, data);      // c.sw, c.sd
        default: return make(Kind::untimed, 0);
    }
}

Decoded quadrant1(std::uint32_t word) {
    const ScalarRegister rd = full(word, 7), rds = small(word, 7);
    switch (bits(word, 13, 3)) {
        case 0:
        case 1: return make(Kind::integer, rd, rd);  // c.addi, c.addiw
        case 2: return make(Kind::integer, rd);      // c.li
        case 3:  // c.addi16sp or c.lui
            return make(Kind::integer, rd, rd == sp ? sp : ScalarRegister{0});
        case 4: {
            const bool two = bits(word, 10, 2) == 3;  // registers; else an immediate
            return make(Kind::integer, rds, rds, two ? small(word, 2) : ScalarRegister{0});
        }
        case 5: return make(Kind::integer, 0);       // c.j
        default: return make(Kind::integer, 0, rds);  // c.beqz, c.bnez
    }
}

Decoded jump_or_register(std::uint32_t word) {
    const ScalarRegister rd = full(word, 7), rs2 = full(word, 2);
    const bool bit12 = bits(word, 12, 1) == 1;
    if (rs2 == 0) return make(Kind::integer, bit12 ? ra : ScalarRegister{0}, rd);  // c.jr, c.jalr
    return bit12 ? make(Kind::integer, rd, rd, rs2) : make(Kind::integer, rd, rs2);  // c.add, c.mv
}

Decoded quadrant2(std::uint32_t word) {
    const ScalarRegister rd = full(word, 7), rs2 = full(word, 2);
    switch (bits(word, 13, 3)) {
        case 0: return make(Kind::integer, rd, rd);                   // c.slli
        case 1: return make(Kind::scalar_load, as_float(rd), sp);     // c.fldsp
        case 2:
        case 3: return make(Kind::scalar_load, rd, sp);               // c.lwsp, c.ldsp
        case 4: return jump_or_register(word);
        case 5: return make(Kind::scalar_store, 0, sp, as_float(rs2));  // c.fsdsp
        default: return make(Kind::scalar_store, 0, sp, rs2);         // c.swsp, c.sdsp
    }
}

}  // namespace

Decoded decode_compressed(std::uint32_t word) {
    switch (word & 3U) {
        case 0: return quadrant0(word);
        case 1: return quadrant1(word);
        default: return quadrant2(word);
    }
}

}  // namespace npu
