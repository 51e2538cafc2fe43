"""How many operations on floats a program asks for, as stage 0 says it."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.linalg.ops import GenericOp

from npu.passes.group.iteration_space import loop_extents
from npu.runtime.main_function import main_function

FLOATS = frozenset(
    f"arith.{name}"
    for name in (
        *("addf", "subf", "mulf", "divf", "remf", "negf", "cmpf"),
        *("maximumf", "minimumf", "maxnumf", "minnumf"),
    )
)
"""Operations that count as one on floats, as each of `math` does."""


def flops_of(module: ModuleOp) -> int:
    """Operations on floats of a module at stage 0."""
    return sum(
        math.prod(loop_extents(op)) * sum(map(_counts, (one.name for one in op.body.block.ops)))
        for op in main_function(module).body.block.ops
        if isinstance(op, GenericOp)
    )


def _counts(name: str) -> bool:
    return name in FLOATS or name.startswith("math.")
