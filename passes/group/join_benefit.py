"""What one kernel for two groups saves, by what `npu-map` estimates of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation

from npu.passes.group.contraction import contraction_of
from npu.passes.group.iteration_space import reduction_loops
from npu.passes.group.plan import GroupPlan
from npu.passes.map.choice import choose
from npu.passes.map.device import Device
from npu.passes.map.estimate import Estimate
from npu.passes.map.of_group import problem_of

_LIGHT = (
    arith.AddfOp,
    arith.SubfOp,
    arith.MulfOp,
    arith.MaximumfOp,
    arith.MinimumfOp,
    arith.CmpfOp,
    arith.SelectOp,
    arith.ConstantOp,
)
"""Vector code that is no more than its transfers, or the arrays' work in front of it."""


@dataclass(frozen=True)
class Part:
    """What counts of a group for the benefit."""

    estimate: Estimate
    """With the best tiles."""
    is_heavy: bool
    """Whether its vector code may take longer than everything else."""

    @property
    def beside_vector_code(self) -> float:
        """Core cycles that come on top of vector code that takes longer than everything else."""
        one = self.estimate
        if not self.is_heavy:
            return one.without_vector_code
        return one.ends + (one.array_cycles if one.tiles == 1 else 0.0)


def gain(parts: Sequence[Part], joined: Part) -> float:
    """Core cycles that one kernel saves at least, by what vector code may take; 0 if none."""
    both, apart = joined.estimate, [part.estimate for part in parts]
    is_less_even = both.idle > max(one.idle for one in apart)
    if is_less_even or both.dma_cycles > sum(one.dma_cycles for one in apart):
        return 0.0
    light = sum(one.without_vector_code for one in apart) - both.without_vector_code
    if not joined.is_heavy:
        return light
    heavy = sum(part.beside_vector_code for part in parts) - both.ends - both.array_cycles
    return min(light, heavy)


def part_of(plan: GroupPlan, device: Device) -> Part:
    """What counts of a group. Raises TooLargeError if no tile fits."""
    return Part(choose(problem_of(plan, device))[1], any(map(_is_heavy, plan.ops)))


def _is_heavy(op: Operation) -> bool:
    if not isinstance(op, GenericOp) or contraction_of(op) is not None:
        return False
    inner = list(op.body.block.ops)[:-1]
    return bool(reduction_loops(op)) or not all(isinstance(o, _LIGHT) for o in inner)
