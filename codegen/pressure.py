"""How many vector registers a body needs, and so how large its register groups may be."""

from collections.abc import Mapping

from xdsl.dialects import arith, math
from xdsl.ir import Block, Operation, SSAValue

from npu.codegen.rvv import Lmul
from npu.codegen.special import POLYNOMIALS, SpecialFunction
from npu.codegen.structured import Structured

_REGISTERS = 32
_CHOICES: tuple[Lmul, ...] = (8, 4, 2)

_POLYNOMIAL_TEMPORARIES: dict[type[Operation], int] = {
    math.ExpOp: 3,
    math.TanhOp: 4,
    math.ErfOp: 4,
}
"""Register groups alive inside an expanded function besides those of the body."""

_TEMPORARIES: dict[type[Operation], int] = {
    math.PowFOp: 2,
    math.FPowIOp: 2,
    math.RsqrtOp: 1,
    arith.MaximumfOp: 1,
    arith.MinimumfOp: 1,
}


def choose_lmul(work: Structured, special: Mapping[str, SpecialFunction]) -> Lmul:
    """The largest group size with which everything alive at once fits in the registers.

    The group that holds v0 is left to masks. When nothing fits, the smallest: LLVM then spills.
    """
    peak = _peak(work, polynomials=special["exp"] is POLYNOMIALS["exp"])
    for lmul in _CHOICES:
        if peak <= _REGISTERS // lmul - 1:
            return lmul
    return 1


def _peak(work: Structured, *, polynomials: bool) -> int:
    """The most vectors alive at any operation of the body."""
    nest = work.nest
    held = {
        number
        for number in range(len(work.operands))
        if nest.level(number) < len(nest.loops) - 1 and _is_group(work, number)
    }
    if work.body is None:
        return 1
    vectors: set[SSAValue] = set()
    for number, argument in enumerate(work.arguments):
        if argument is not None and number not in held and _is_group(work, number):
            vectors.add(argument)
    return len(held) + _body_peak(work.body, vectors, polynomials=polynomials)


def _is_group(work: Structured, operand: int) -> bool:
    """Whether an operand's value is a register group: moved by the lanes, or gathering them."""
    gathers = operand in work.outputs and work.reduction(operand) is not None
    return work.nest.is_vector(operand) or gathers


def _body_peak(body: Block, vectors: set[SSAValue], *, polynomials: bool) -> int:
    """Walks the body backwards, counting live values and each operation's own temporaries."""
    for op in body.ops:
        if any(_is_vector(operand, vectors) for operand in op.operands):
            vectors.update(op.results)
    live: set[SSAValue] = set()
    peak = 1
    for op in reversed(list(body.ops)):
        temporaries = _TEMPORARIES.get(type(op), 0)
        if polynomials:
            temporaries += _POLYNOMIAL_TEMPORARIES.get(type(op), 0)
        live -= set(op.results)
        live |= {operand for operand in op.operands if operand in vectors}
        peak = max(peak, len(live) + temporaries)
    return peak


def _is_vector(operand: SSAValue, vectors: set[SSAValue]) -> bool:
    """Whether a result computed of `operand` may be a vector; held arguments count as such."""
    return operand in vectors or not isinstance(operand.owner, Operation)
