"""Start code for a bare machine: a list of calls, a comparison, an exit code.

It turns the float and vector units on, sets up the stack, calls each function with its arguments,
compares memory with what is expected, and tells the host the exit code through ``tohost`` (Berkeley
host interface): 0 when all is equal, 2 when a word differs, 16 + mcause after a trap.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

DIFFERS = 2
TRAPPED = 16

_ZERO, _RA, _SP, _T0, _T1, _S0, _A0, _A1, _A2 = 0, 1, 2, 5, 6, 8, 10, 11, 12
_MSTATUS, _MTVEC, _MCAUSE = 0x300, 0x305, 0x342
_FLOAT_AND_VECTOR_ON = 0x6600
_REGISTER_ARGUMENTS = 8


@dataclass(frozen=True)
class Call:
    """A function's address and at most 8 integer arguments."""

    function: int
    arguments: tuple[int, ...]


@dataclass(frozen=True)
class Comparison:
    """`words` 32-bit words at `address` that must equal those at `expected`."""

    address: int
    expected: int
    words: int


def start_code(
    calls: Sequence[Call], comparison: Comparison, *, stack_top: int, tohost: int
) -> bytes:
    """Code to start at its first byte, at any 4096-byte aligned address; its constants follow it.

    Raises ValueError when a call has more arguments than registers.
    """
    if any(len(call.arguments) > _REGISTER_ARGUMENTS for call in calls):
        raise ValueError(f"start code passes at most {_REGISTER_ARGUMENTS} arguments")
    constants = _Constants()
    length = len(_body(constants, calls, comparison, stack_top, tohost, 0))
    constants = _Constants()
    table = -(-length // 2) * 8
    words = _body(constants, calls, comparison, stack_top, tohost, table)
    if table > 2047:
        raise ValueError("start code is too long for its constants to be in reach")
    code = struct.pack(f"<{length}I", *words).ljust(table, b"\0")
    return code + constants.data()


class _Constants:
    """64-bit constants reached from s0."""

    def __init__(self) -> None:
        self._values: list[int] = []

    def load(self, register: int, value: int) -> int:
        """The instruction that loads `value`: ld register, offset(s0)."""
        offset = 8 * len(self._values)
        if offset > 2047:
            raise ValueError("too many constants for start code")
        self._values.append(value & (1 << 64) - 1)
        return _i_type(0x03, 3, register, _S0, offset)

    def data(self) -> bytes:
        """The table."""
        return struct.pack(f"<{len(self._values)}Q", *self._values)


def _body(
    constants: _Constants,
    calls: Sequence[Call],
    comparison: Comparison,
    stack_top: int,
    tohost: int,
    table: int,
) -> list[int]:
    """The instructions; `table` is the distance of the constants from the first of them."""
    exit_code = _exit(constants, tohost)
    handler = [_csr_read(_A0, _MCAUSE), _addi(_A0, _A0, TRAPPED)]
    start = [0x17 | _S0 << 7, _addi(_S0, _S0, table)]  # auipc s0, 0: the table follows the code
    setup = [constants.load(_T0, _FLOAT_AND_VECTOR_ON), _csr_set(_MSTATUS, _T0)]
    setup += [constants.load(_SP, stack_top)]
    run: list[int] = []
    for call in calls:
        run += [constants.load(_A0 + i, value) for i, value in enumerate(call.arguments)]
        run += [constants.load(_T0, call.function), _i_type(0x67, 0, _RA, _T0, 0)]
    check = [constants.load(_A0, comparison.address), constants.load(_A1, comparison.expected)]
    check += [constants.load(_A2, comparison.words), *_compare(), _jump(4 + 4 * len(handler))]
    # mtvec becomes the handler's address: its distance from the auipc that computes it.
    vector = [0x17 | _T0 << 7, _addi(_T0, _T0, 0), _csr_write(_MTVEC, _T0)]
    after = [*setup, *run, *check]
    handler_at = 4 * (len(vector) + len(after))
    vector[1] = _addi(_T0, _T0, handler_at)
    return [*start, *vector, *after, *handler, *exit_code]


def _compare() -> list[int]:
    """a0 becomes 0 when a2 words at a0 and a1 are equal, else DIFFERS."""
    loop = [_i_type(0x03, 2, _T0, _A0, 0), _i_type(0x03, 2, _T1, _A1, 0)]
    step = [_addi(_A0, _A0, 4), _addi(_A1, _A1, 4), _addi(_A2, _A2, -1)]
    back = -4 * (len(loop) + 1 + len(step))
    to_differs = 4 * (1 + len(step) + 1 + 2)
    return [
        *loop,
        _branch(1, _T0, _T1, to_differs),
        *step,
        _branch(1, _A2, _ZERO, back),
        _addi(_A0, _ZERO, 0),
        _jump(8),
        _addi(_A0, _ZERO, DIFFERS),
    ]


def _exit(constants: _Constants, tohost: int) -> list[int]:
    """Writes a0 * 2 + 1 to tohost for ever."""
    words = [_i_type(0x13, 1, _A0, _A0, 1), _i_type(0x13, 6, _A0, _A0, 1)]
    words += [constants.load(_T0, tohost), _A0 << 20 | _T0 << 15 | 3 << 12 | 0x23]
    return [*words, _jump(0)]


def _i_type(opcode: int, funct3: int, rd: int, rs1: int, value: int) -> int:
    return (value & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def _addi(rd: int, rs1: int, value: int) -> int:
    return _i_type(0x13, 0, rd, rs1, value)


def _csr_set(csr: int, rs1: int) -> int:
    return csr << 20 | rs1 << 15 | 2 << 12 | 0x73


def _csr_write(csr: int, rs1: int) -> int:
    return csr << 20 | rs1 << 15 | 1 << 12 | 0x73


def _csr_read(rd: int, csr: int) -> int:
    return csr << 20 | 2 << 12 | rd << 7 | 0x73


def _branch(funct3: int, rs1: int, rs2: int, distance: int) -> int:
    d = distance & 0x1FFF
    high = (d >> 12) << 31 | (d >> 5 & 0x3F) << 25
    low = (d >> 1 & 0xF) << 8 | (d >> 11 & 1) << 7
    return high | rs2 << 20 | rs1 << 15 | funct3 << 12 | low | 0x63


def _jump(distance: int) -> int:
    d = distance & 0x1F_FFFF
    fields = (d >> 20) << 31 | (d >> 1 & 0x3FF) << 21 | (d >> 11 & 1) << 20 | (d >> 12 & 0xFF) << 12
    return fields | 0x6F
