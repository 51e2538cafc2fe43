"""What indexes one dimension of a tensor: a constant and a sum of loops times steps.

A plain loop is `d1`; a convolution of stride 2 and dilation 3 reads row `d2 * 2 + d5 * 3`; a slice
reads `d0 + 4`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir.affine import AffineBinaryOpExpr, AffineDimExpr, AffineExpr

from npu.passes.group.access import NotLinearError, access_of


@dataclass(frozen=True)
class Sum:
    """``constant`` plus each loop of ``steps`` times its step; no step is 0."""

    steps: Mapping[int, int]
    constant: int

    @property
    def expression(self) -> AffineExpr:
        """As upstream writes it: the loops in order, the constant last."""
        total: AffineExpr | None = None
        for loop, step in self.steps.items():
            term = AffineExpr.dimension(loop)
            term = term if step == 1 else term * step
            total = term if total is None else total + term
        if total is None:
            return AffineExpr.constant(self.constant)
        return total + self.constant if self.constant else total

    def through(self, loops: Mapping[int, int]) -> Sum:
        """The sum under new numbers of the loops; those without (of extent 1) vanish."""
        steps = {loops[loop]: step for loop, step in self.steps.items() if loop in loops}
        return Sum(steps, self.constant)


def sum_of(expr: AffineExpr) -> Sum | None:
    """The sum that ``expr`` is, or None: products of loops, divisions and remainders are none."""
    if isinstance(expr, AffineDimExpr):  # nearly always
        return Sum({expr.position: 1}, 0)
    try:
        access = access_of(expr)
    except NotLinearError:
        return None
    return Sum(dict(access.terms), access.constant)


def is_windowed(op: GenericOp) -> bool:
    """Whether an input of ``op`` is read at sums, not at plain loops."""
    maps = [attribute.data for attribute in op.indexing_maps][: len(op.inputs)]
    return any(isinstance(expr, AffineBinaryOpExpr) for map_ in maps for expr in map_.results)
