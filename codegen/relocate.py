"""RISC-V relocations: the bits that each kind patches (psABI 1.0, chapter "Relocations")."""

from collections.abc import Callable

R_64 = 2
R_CALL = 18
R_CALL_PLT = 19
R_PCREL_HI20 = 23
R_PCREL_LO12_I = 24
R_PCREL_LO12_S = 25

ABSOLUTE = frozenset({R_64})
"""Kinds whose value is the target's address; all others take the distance from the place."""

LOW_PARTS = frozenset({R_PCREL_LO12_I, R_PCREL_LO12_S})
"""Kinds whose target is the instruction with the high part, whose distance they take."""


def patch(image: bytearray, at: int, kind: int, value: int) -> None:
    """Patches the instruction (or word) at byte `at` of `image` with `value`.

    Raises ValueError for a kind that code built with -relax, static and medium code model has not.
    """
    writer = _WRITERS.get(kind)
    if writer is None:
        raise ValueError(f"relocation type {kind} is not one this linker applies")
    writer(image, at, value)


def _write_64(image: bytearray, at: int, value: int) -> None:
    image[at : at + 8] = (value % 2**64).to_bytes(8, "little")


def _write_call(image: bytearray, at: int, value: int) -> None:
    """auipc, jalr."""
    _write_high(image, at, value)
    _write_low_i(image, at + 4, value)


def _write_high(image: bytearray, at: int, value: int) -> None:
    """U-type: the upper 20 bits, rounded so that the signed low 12 complete them."""
    high = (value + 0x800) >> 12
    if not -(2**19) <= high < 2**19:
        raise ValueError(f"distance {value:#x} does not fit a 32-bit relocation")
    _set_bits(image, at, 0xFFFF_F000, high << 12)


def _write_low_i(image: bytearray, at: int, value: int) -> None:
    """I-type: bits 11..0 in 31..20."""
    _set_bits(image, at, 0xFFF0_0000, value << 20)


def _write_low_s(image: bytearray, at: int, value: int) -> None:
    """S-type: bits 11..5 in 31..25, bits 4..0 in 11..7."""
    _set_bits(image, at, 0xFE00_0F80, (value & 0xFE0) << 20 | (value & 0x1F) << 7)


def _set_bits(image: bytearray, at: int, mask: int, bits: int) -> None:
    """Replaces the bits of `mask` in the little-endian word at `at`."""
    word = int.from_bytes(image[at : at + 4], "little")
    image[at : at + 4] = ((word & ~mask) | (bits & mask)).to_bytes(4, "little")


_WRITERS: dict[int, Callable[[bytearray, int, int], None]] = {
    R_64: _write_64,
    R_CALL: _write_call,
    R_CALL_PLT: _write_call,
    R_PCREL_HI20: _write_high,
    R_PCREL_LO12_I: _write_low_i,
    R_PCREL_LO12_S: _write_low_s,
}
