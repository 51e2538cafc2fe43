"""How many vector registers a body needs, and so how large its register groups may be."""

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.dialects import arith, math
from xdsl.ir import Block, Operation, SSAValue

from npu.codegen.constant_powers import is_product
from npu.codegen.lanes import constant_of
from npu.codegen.rvv import Lmul
from npu.codegen.special import SINGLE, WIDE, SpecialFunction
from npu.codegen.special_operations import SPECIAL_OPERATIONS
from npu.codegen.structured import Structured
from npu.codegen.whole_numbers import WHOLE_NUMBERS
from npu.dialects.npu import FORMULA_OPS

_REGISTERS = 32
_LMULS: tuple[Lmul, ...] = (8, 4, 2, 1)
_WIDEST = 4
"""Where there are groups of f64: they have twice the registers, and no group has more than 8."""

_WAYS = (8, 4, 2, 1)
"""Rows side by side. The chain of instructions of one row, one a cycle, leaves most units without
work (the core has 4 of each kind): so as many as the registers hold."""

_IN_SINGLE = {"exp": 2, "tanh": 6, "erf": 4}
"""Register groups alive inside a function of f32 besides those of the body."""

_SPILLED = 3
"""Groups that LLVM may spill around a special function of f32. A group of 8 registers takes two
instructions more for it, groups of 4 all instructions twice: gelu of 65,536 elements takes 522
cycles with groups of 8, 708 with groups of 4, on tpuv3."""

_IN_WIDE = 10
"""Those of a function of f64: five of twice the registers."""

_IN_FORMULA = 16
"""Those of one that is made of others."""

_TEMPORARIES: dict[type[Operation], int] = {
    math.PowFOp: 6,
    math.FPowIOp: 6,
    math.RsqrtOp: 4,
    arith.TruncFOp: 1,
    arith.MaximumfOp: 1,
    arith.MinimumfOp: 1,
    **dict.fromkeys(WHOLE_NUMBERS, 2),
}


@dataclass(frozen=True)
class Shape:
    """How a nest is emitted: registers in a group, rows side by side."""

    lmul: Lmul
    ways: int


def choose_shape(work: Structured, special: Mapping[str, SpecialFunction], vlen: int) -> Shape:
    """As many rows side by side as there are vector units, then the largest groups that fit.

    Groups times rows is about constant for a body, so long rows lose nothing by it, and short rows,
    which leave most of a large group empty, gain. No group is larger than the whole row wants, in
    registers of `vlen` bits: then more rows fit. Of a row that is longer than one register, groups
    of one are the last choice. The group that holds v0 is left to masks. When nothing fits, one row
    with the smallest groups: LLVM then spills.
    """
    lmuls = _lmuls(work, special, vlen)
    peaks = {lmul: _peak(work, vlen // 32 * lmul, special) for lmul in lmuls}
    has_rows = work.nest.rows(work.outputs) is not None
    for ways in _WAYS if has_rows else (1,):
        for lmul in lmuls:
            spilled = _SPILLED if ways == 1 and _has_function(work, special) else 0
            if peaks[lmul] * ways <= _REGISTERS // lmul - 1 + spilled:
                return Shape(lmul, ways)
    return Shape(1, 1)


def _lmuls(work: Structured, special: Mapping[str, SpecialFunction], vlen: int) -> tuple[Lmul, ...]:
    """The groups to choose from, the largest first."""
    body = work.body.ops if work.body is not None else ()
    is_wide = any(map(work.is_wide, work.outputs)) or any(_is_wide(op, special) for op in body)
    widest = _WIDEST if is_wide else _LMULS[0]
    if work.row is None or work.row > vlen // 32:
        return tuple(lmul for lmul in _LMULS[:-1] if lmul <= widest)
    return _LMULS[-1:]


def _has_function(work: Structured, special: Mapping[str, SpecialFunction]) -> bool:
    """Whether a body has a special function, which keeps the units busy beside spills."""
    return work.body is not None and any(_function(op, special) for op in work.body.ops)


def _function(op: Operation, special: Mapping[str, SpecialFunction]) -> SpecialFunction | None:
    """The special function that an operation becomes."""
    name = SPECIAL_OPERATIONS.get(type(op))
    if isinstance(op, math.PowFOp | math.FPowIOp):
        exponent = constant_of(op.operands[1])
        name = None if exponent is not None and is_product(exponent) else "powf"
    return None if name is None else special[name]


def _is_wide(op: Operation, special: Mapping[str, SpecialFunction]) -> bool:
    """Whether an operation is computed in f64."""
    return isinstance(op, math.RsqrtOp) or _function(op, special) in WIDE.values()


def _temporaries(op: Operation, special: Mapping[str, SpecialFunction]) -> int:
    """Register groups alive inside an operation besides those of the body."""
    function = _function(op, special)
    if function is None:
        return _TEMPORARIES.get(type(op), 0)
    if isinstance(op, FORMULA_OPS):
        return _IN_FORMULA
    if function in WIDE.values():
        return _IN_WIDE
    return next((n for name, n in _IN_SINGLE.items() if function is SINGLE[name]), 0)


def _peak(work: Structured, strip: int, special: Mapping[str, SpecialFunction]) -> int:
    """The most vectors alive at any operation of the body; a strip has up to `strip` elements."""
    nest = work.nest
    held = {
        number
        for number in range(len(work.operands))
        if nest.is_carried(number) and _is_group(work, number)
    }
    if work.body is None:
        return 1
    vectors: set[SSAValue] = set()
    for number, argument in enumerate(work.arguments):
        if argument is not None and number not in held and _is_group(work, number):
            vectors.add(argument)
    groups = sum(_held_groups(work, number, strip) for number in held)
    gathering = {r.op for r in work.reductions if r is not None}
    return groups + _body_peak(work.body, vectors, gathering, special)


def _held_groups(work: Structured, operand: int, strip: int) -> int:
    """The groups of an output that is carried; of one strip, a lane that it starts from."""
    reduction = work.reduction(operand)
    if reduction is not None and work.is_of_one_strip(operand, strip):
        return 2 if reduction.kind.nan_wins else 1
    return work.groups(operand)


def _is_group(work: Structured, operand: int) -> bool:
    """Whether an operand's value is a register group: moved by the lanes, or gathering them."""
    return work.nest.is_vector(operand) or work.reduction(operand) is not None


def _body_peak(
    body: Block,
    vectors: set[SSAValue],
    gathering: set[Operation],
    special: Mapping[str, SpecialFunction],
) -> int:
    """Walks the body backwards, counting live values and each operation's own temporaries."""
    for op in body.ops:
        if any(_is_vector(operand, vectors) for operand in op.operands):
            vectors.update(op.results)
    live: set[SSAValue] = set()
    peak = 1
    for op in reversed(list(body.ops)):
        temporaries = 0 if op in gathering else _temporaries(op, special)
        live -= set(op.results)
        live |= {operand for operand in op.operands if operand in vectors}
        peak = max(peak, len(live) + temporaries)
    return peak


def _is_vector(operand: SSAValue, vectors: set[SSAValue]) -> bool:
    """Whether a result computed of `operand` may be a vector; held arguments count as such."""
    return operand in vectors or not isinstance(operand.owner, Operation)
