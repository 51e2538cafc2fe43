"""Gathering all lanes of a row: which operations can, and their vector code.

A reduction keeps one accumulator a lane over the strips of a row, and gathers the lanes once at the
end. Sums are therefore added in another order than the source's, as MLIR lets a reduction iterator.
They are added in f64 and rounded to f32 once, at the end of the loops of one operation: however
long a row is, its sum is off by half a unit in the last place, and no partial sum overflows. The
widening add is one instruction, as the plain one. A row that is one strip needs no accumulators.
What a row begins with and ends as is one lane of a register, from memory and to memory: the way
through scalar registers takes longer.

In maxima and minima of `arith`'s kind NaN wins, and in RVV's it loses. So beside the best numbers
stand their sums of squares, which one instruction a strip adds to: only a NaN makes a NaN of a sum
of squares, not an infinity and no overflow. Whether there is one is asked once a row.
"""

from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32 as f32_type
from xdsl.dialects.builtin import i32 as i32_type
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from npu.codegen.llvm_ir import F32, F64, I32, Constant, Value, f32, f64, i64
from npu.codegen.rvv import Rvv


@dataclass(frozen=True)
class Kind:
    """An associative operation: its neutral element and its instructions."""

    neutral: float
    instruction: str
    gather: str
    nan_wins: bool = False
    """Whether NaN must survive; the instructions themselves prefer the number."""
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
    arith.MaximumfOp: Kind(float("-inf"), "vfmax", "vfredmax", nan_wins=True),
    arith.MinimumfOp: Kind(float("inf"), "vfmin", "vfredmin", nan_wins=True),
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


@dataclass(frozen=True)
class Watched:
    """The best numbers so far, and what is NaN where there was one."""

    best: Value
    squares: Value


Accumulators = Value | Watched
"""What the strips of a row hand on."""


def fresh(rvv: Rvv, kind: Kind, start: Value, vl: Value) -> Accumulators:
    """The accumulators before the first strip, which has vl elements: the scalar `start` in one."""
    if kind.is_sum:
        start = rvv.builder.fpext(start, F64)
    first = rvv.with_first(rvv.splat(kind.start, vl), start)
    if not kind.nan_wins:
        return first
    square = rvv.builder.fmul(start, start)
    return Watched(first, rvv.with_first(rvv.splat(f32(0.0), vl), square))


def in_each_lane(rvv: Rvv, kind: Kind, start: Value, vl: Value) -> Accumulators:
    """The accumulators of lanes that are reduced one by one: vl numbers of f32 to start from."""
    if kind.is_sum:
        return rvv.widen(start, vl)
    return Watched(start, rvv.binary("vfmul", start, start, vl)) if kind.nan_wins else start


def accumulate(
    rvv: Rvv,
    kind: Kind,
    accumulators: Accumulators,
    values: Value,
    vl: Value,
    *,
    keeps_tail: bool = True,
) -> Accumulators:
    """Takes one strip in; accumulators past vl stay as they are, where it `keeps_tail`.

    Where each lane is an output of its own, vl is the same for all of them: lanes past it are none,
    and no change of vtype stands between these instructions and those around them.
    """
    if isinstance(accumulators, Watched):
        best, squares = accumulators.best, accumulators.squares
        return Watched(
            rvv.binary(kind.instruction, best, values, vl, keep=best if keeps_tail else None),
            rvv.multiply_add("vfmacc", squares, values, values, vl, keeps_tail=keeps_tail),
        )
    keep = accumulators if keeps_tail else None
    return rvv.binary(kind.instruction, accumulators, values, vl, keep=keep)


def gather(rvv: Rvv, kind: Kind, accumulators: Accumulators, vl: Value) -> Value:
    """What all vl accumulators make together, in one lane."""
    if isinstance(accumulators, Watched):
        best = rvv.reduced(kind.gather, accumulators.best, rvv.seed(kind.start), vl)
        squares = rvv.reduced("vfredusum", accumulators.squares, rvv.seed(f32(0.0)), vl)
        return _unless_nan(rvv, best, squares)
    total = rvv.reduced(kind.gather, accumulators, rvv.seed(kind.start), vl)
    return rvv.narrow_one(total) if kind.is_sum else total


def lanes_of(rvv: Rvv, accumulators: Accumulators, vl: Value) -> Value:
    """The results, in f32, of lanes that were reduced one by one."""
    if not isinstance(accumulators, Watched):
        return rvv.narrow(accumulators, vl) if accumulators.type == rvv.wide else accumulators
    squares = accumulators.squares
    spoilt = rvv.compare("vmfne", squares, squares, vl)
    return rvv.merge(accumulators.best, squares, spoilt, vl)


def _unless_nan(rvv: Rvv, best: Value, squares: Value) -> Value:
    """The lane of `best`, or NaN if `squares` is that.

    By integers: there is one register for masks, and rows that go side by side would queue for it.
    """
    one, vl = Rvv(rvv.builder, 1), i64(1)
    beyond = one.binary("vadd", one.as_integers(squares), Constant(I32, _PAST_INFINITY), vl)
    all_if_nan = one.binary("vsra", beyond, i64(31), vl)
    either = one.binary("vor", one.as_integers(best), all_if_nan, vl)
    return one.as_floats(either)


_PAST_INFINITY = 0x007FFFFF
"""Added to the bits of a float without a sign, it reaches the sign's place from NaN on."""


def start_of(rvv: Rvv, kind: Kind, place: Value) -> Accumulators:
    """What `one_strip` starts from: the element at the pointer `place` in one lane.

    Of a sum it is f64. All that needs one lane alone is done here, ahead of the row's elements.
    """
    element = I32 if kind.element == i32_type else F32
    start = rvv.load_one(place, element, narrow=kind.is_sum)
    if kind.is_sum:
        return rvv.widen_one(start)
    if not kind.nan_wins:
        return start
    return Watched(start, Rvv(rvv.builder, 1).binary("vfmul", start, start, i64(1)))


def one_strip(rvv: Rvv, kind: Kind, start: Accumulators, values: Value, vl: Value) -> Value:
    """`start` and the vl elements of a row's only strip in one lane."""
    if kind.is_sum:
        return rvv.narrow_one(rvv.reduced("vfwredusum", values, start, vl))
    if not isinstance(start, Watched):
        return rvv.reduced(kind.gather, values, start, vl)
    best = rvv.reduced(kind.gather, values, start.best, vl)
    squares = rvv.binary("vfmul", values, values, vl)
    return _unless_nan(rvv, best, rvv.reduced("vfredusum", squares, start.squares, vl))
