"""Index values of a kernel as minima of linear forms over its induction variables."""

from collections.abc import Callable

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineSymExpr,
)

from npu.passes.tog.cases import Domain, ranges_of
from npu.passes.tog.errors import refuse
from npu.passes.tog.linear import IvAtom, Linear, Ranges
from npu.passes.tog.minimum import Minimum, NoFormError, number, smallest_of


class IndexValues:
    """What each index value of one kernel is; induction variables are numbered as they are met."""

    def __init__(self) -> None:
        self.domains: dict[int, Domain] = {}
        """The values of each induction variable, by number."""
        self._known: dict[SSAValue, Minimum] = {}

    @property
    def ranges(self) -> Ranges:
        """Smallest and largest value of each induction variable."""
        return ranges_of(self.domains)

    def enter_loop(self, iv: SSAValue, lower: int, upper: int, step: int) -> int:
        """Numbers the induction variable of a loop."""
        number_ = len(self.domains)
        self.domains[number_] = Domain(lower, step, max(0, -(-(upper - lower) // step)))
        self._known[iv] = Minimum((Linear(0, ((IvAtom(number_), 1),)),))
        return number_

    def of(self, value: int | SSAValue, user: Operation) -> Minimum:
        """The value of an index; `user` is named where it has no form. Raises UserError (R1)."""
        if isinstance(value, int):
            return number(value)
        if value not in self._known:
            self._known[value] = self._computed(value, user)
        return self._known[value]

    def constant(self, value: SSAValue, user: Operation, what: str) -> int:
        """The value of an index that must be a number. Raises UserError (R2)."""
        found = self.of(value, user).constant
        if found is None:
            refuse(user, "R2", f"{what} must be a constant")
        return found

    def _computed(self, value: SSAValue, user: Operation) -> Minimum:
        op = value.owner
        match op:
            case arith.ConstantOp(value=IntegerAttr() as attribute):
                return number(attribute.value.data)
            case affine.ApplyOp():
                return self._results(op, list(op.mapOperands), op.map.data.results)[0]
            case affine.MinOp():
                results = self._results(op, list(op.arguments), op.map.data.results)
                return _attempt(op, lambda: smallest_of(results, self.ranges))
            case _:
                made_by = op.name if isinstance(op, Operation) else "a region's argument"
                return refuse(
                    user,
                    "R1",
                    f"an index comes from {made_by}; expected arith.constant, affine.apply or "
                    "affine.min over induction variables",
                )

    def _results(
        self, op: Operation, operands: list[SSAValue], exprs: tuple[AffineExpr, ...]
    ) -> list[Minimum]:
        values = [self.of(operand, op) for operand in operands]
        return [_attempt(op, lambda e=expr: self._evaluate(e, values)) for expr in exprs]

    def _evaluate(self, expr: AffineExpr, values: list[Minimum]) -> Minimum:
        """An affine expression on values; symbols are numbered after the dimensions' end."""
        match expr:
            case AffineConstantExpr(value):
                return number(value)
            case AffineDimExpr(position):
                return values[position]
            case AffineSymExpr():
                raise NoFormError("a symbol of an affine map")
            case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
                return self._sum(lhs, rhs, values)
            case AffineBinaryOpExpr(kind, lhs, AffineConstantExpr(factor)):
                return _binary(kind, self._evaluate(lhs, values), factor, self.ranges)
            case _:
                raise NoFormError(f"the expression {expr}")

    def _sum(self, lhs: AffineExpr, rhs: AffineExpr, values: list[Minimum]) -> Minimum:
        for one, other in ((lhs, rhs), (rhs, lhs)):
            match other:
                case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, negated, AffineConstantExpr(-1)):
                    taken = self._evaluate(negated, values)
                    return self._evaluate(one, values).minus(taken, self.ranges)
                case _:
                    continue
        return self._evaluate(lhs, values).plus(self._evaluate(rhs, values), self.ranges)


def _binary(kind: AffineBinaryOpKind, value: Minimum, factor: int, ranges: Ranges) -> Minimum:
    match kind:
        case AffineBinaryOpKind.Mul:
            return value.times(factor, ranges)
        case AffineBinaryOpKind.FloorDiv:
            return value.floordiv(factor, ranges)
        case AffineBinaryOpKind.CeilDiv:
            return value.plus(number(factor - 1), ranges).floordiv(factor, ranges)
        case AffineBinaryOpKind.Mod:
            return value.mod(factor, ranges)
        case AffineBinaryOpKind.Add:
            return value.plus(number(factor), ranges)


def _attempt(op: Operation, evaluate: Callable[[], Minimum]) -> Minimum:
    """The value, or the message of rule R1."""
    try:
        return evaluate()
    except NoFormError as error:
        refuse(op, "R1", f"{error} has no form as a minimum of affine expressions")
