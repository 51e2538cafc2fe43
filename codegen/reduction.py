"""Gathering all lanes of a row: which operations can, and their vector code.

A reduction keeps one accumulator a lane over the strips of a row, and gathers the lanes once at the
end. Sums are therefore added in another order than the source's, as MLIR lets a reduction iterator.
They are added in f64 and rounded to f32 once, at the end of the loops of one operation: however
long a row is, its sum is off by half a unit in the last place, and no partial sum overflows. The
widening add is one instruction, as the plain one. A row that is one strip needs no accumulators.
"""

from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32 as f32_type
from xdsl.dialects.builtin import i32 as i32_type
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from npu.codegen.extremum import MAXIMUM, MINIMUM, Extremum, nan_sticks
from npu.codegen.llvm_ir import F32, F64, I32, Constant, Value, f32, f64
from npu.codegen.rvv import Rvv


@dataclass(frozen=True)
class Kind:
    """An associative operation: its neutral element and its instructions."""

    neutral: float
    instruction: str
    gather: str
    sticky_nan: Extremum | None = None
    """Set where NaN must survive; the instructions themselves prefer the number."""
    is_sum: bool = False
    """Whether accumulators are of f64."""
    element: Attribute = f32_type
    """What it combines."""

    @property
    def start(self) -> Value:
        """The neutral element as a scalar; of sums of f32 for their accumulators."""
        if self.element == i32_type:
            return Constant(I32, int(self.neutral))
        return f64(self.neutral) if self.is_sum else f32(self.neutral)


KINDS: dict[type[Operation], Kind] = {
    arith.AddfOp: Kind(-0.0, "vfwadd.w", "vfredusum", is_sum=True),
    arith.MaximumfOp: Kind(float("-inf"), "vfmax", "vfredmax", MAXIMUM),
    arith.MinimumfOp: Kind(float("inf"), "vfmin", "vfredmin", MINIMUM),
    arith.MaxnumfOp: Kind(float("-inf"), "vfmax", "vfredmax"),
    arith.MinnumfOp: Kind(float("inf"), "vfmin", "vfredmin"),
    arith.AddiOp: Kind(0, "vadd", "vredsum", element=i32_type),
    arith.MaxSIOp: Kind(-(2**31), "vmax", "vredmax", element=i32_type),
    arith.MinSIOp: Kind(2**31 - 1, "vmin", "vredmin", element=i32_type),
    arith.AndIOp: Kind(-1, "vand", "vredand", element=i32_type),
    arith.OrIOp: Kind(0, "vor", "vredor", element=i32_type),
    arith.XOrIOp: Kind(0, "vxor", "vredxor", element=i32_type),
}


@dataclass(frozen=True)
class Reduction:
    """How one output is accumulated: `op` combines its element with `value`."""

    op: Operation
    value: SSAValue
    kind: Kind


def reduction_of(result: SSAValue, element: BlockArgument) -> Reduction | None:
    """Reads `result` as element (+) value; None if it is not of that form."""
    op = result.owner
    if not isinstance(op, Operation) or type(op) not in KINDS:
        return None
    if element.type != KINDS[type(op)].element:
        return None
    others = [operand for operand in op.operands if operand is not element]
    alone = len(others) == 1 and element.has_one_use() and result.has_one_use()
    return Reduction(op, others[0], KINDS[type(op)]) if alone else None


def fresh(rvv: Rvv, kind: Kind, start: Value, vl: Value) -> Value:
    """The accumulators before the first strip, which has vl elements: the scalar `start` in one."""
    if kind.is_sum:
        start = rvv.builder.fpext(start, F64)
    return rvv.with_first(rvv.splat(kind.start, vl), start)


def accumulate(rvv: Rvv, kind: Kind, accumulators: Value, values: Value, vl: Value) -> Value:
    """Takes one strip in; accumulators past vl stay as they are."""
    if kind.is_sum:
        return rvv.widening_add(accumulators, values, vl)
    if kind.sticky_nan is not None:
        return nan_sticks(rvv, kind.sticky_nan, accumulators, values, vl)
    return rvv.binary(kind.instruction, accumulators, values, vl, keep=accumulators)


def gather(rvv: Rvv, kind: Kind, accumulators: Value, vl: Value) -> Value:
    """The scalar that all vl accumulators make together."""
    total = rvv.reduce(kind.gather, accumulators, kind.start, vl)
    if kind.is_sum:
        return rvv.builder.fptrunc(total, F32)
    if kind.sticky_nan is None:
        return total
    # Adding the accumulators that are NaN, and -0 for the others, changes no number. A test and a
    # branch would keep rows from running side by side.
    spoilt = rvv.compare("vmfne", accumulators, accumulators, vl)
    spoiling = rvv.merge(rvv.splat(f32(-0.0), vl), accumulators, spoilt, vl)
    return rvv.reduce("vfredusum", spoiling, total, vl)


def sum_strip(rvv: Rvv, start: Value, values: Value, vl: Value) -> Value:
    """The scalar `start` plus the vl elements of a row's only strip."""
    wide = rvv.widen(values, vl)
    total = rvv.reduce(KINDS[arith.AddfOp].gather, wide, rvv.builder.fpext(start, F64), vl)
    return rvv.builder.fptrunc(total, F32)
