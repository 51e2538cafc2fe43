"""Names of the values of a kernel in its text: arguments, loops, buffers, views.

Names say what a value is for and mean nothing else; where two are equal the printer numbers them.

| value | name |
|---|---|
| argument | `input` (rows) and `weight` of a contraction, else `in`; `out` for a result |
| loop over tiles | `b`, `m`, `n`, `k` of contractions; `i`, `j`, ... of a vector group |
| size of its current tile | `t` in front: `tm` |
| loop over array pieces | doubled: `kk`; the size of the piece is `tkk` |
| buffer | `rows`, `weights`, `acc`, `temp`; else the argument's name and `_spad` |
| view | the whole's name and `_tile`; of a part of that, `_piece` |
| constant | `c128` |
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import tensor
from xdsl.ir import Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.contraction import Contraction
from npu.passes.group.plan import GroupPlan
from npu.passes.map.footprint import Role

OUTPUT = "out"
"""The kernel argument that takes a result."""

_ARGUMENTS = {Role.ROWS: "input", Role.WEIGHTS: "weight"}
"""The kernel arguments of a contraction's own operands, by the role of their buffers."""

_VECTOR_LOOPS = ("i", "j", "l", "r")
"""Dimensions of a vector group by number; further ones are `i4`, `i5`, ..."""

_OF_ARGUMENTS = ("in", "out")
"""Operands whose buffers are called after a kernel's argument."""


def argument_name(role: Role | None) -> str:
    """The name of the kernel argument that is loaded to a buffer of that role, if to any."""
    return _ARGUMENTS.get(role, "in") if role is not None else "in"


def tensor_name(value: SSAValue) -> str | None:
    """The name of a tensor of `@main`: its own, or else after what makes it."""
    if value.name_hint is not None:
        return value.name_hint
    owner = value.owner
    if isinstance(owner, GroupOp):
        return f"{owner.sym_name.data}_{OUTPUT}"
    if isinstance(owner, tensor.ExpandShapeOp | tensor.CollapseShapeOp):
        return tensor_name(owner.src)
    return None


def loop_names(rank: int, contractions: Sequence[Contraction]) -> tuple[str, ...]:
    """The name of each dimension of a group of `rank`: numbered where a role has several."""
    names = {} if contractions else dict(enumerate(_VECTOR_LOOPS[:rank]))
    for role in ("batch", "m", "n", "k"):
        found = dict.fromkeys(d for c in contractions for d in getattr(c, role))
        dims = [d for d in found if d not in names]
        name = role[0]
        names |= {d: name if len(dims) == 1 else f"{name}{i}" for i, d in enumerate(dims)}
    return tuple(names.get(d, f"i{d}") for d in range(rank))


def inner_name(loop: str) -> str:
    """The loop over the pieces of a tile of `loop`: `k` -> `kk`, `m0` -> `mm0`."""
    return loop[0] + loop


def buffer_names(plan: GroupPlan) -> tuple[str, ...]:
    """The name of each scratchpad buffer; the printer numbers equal ones."""
    names = [operand.name.rsplit("_", 1)[0] for operand in plan.buffers]
    return tuple(f"{name}_spad" if name in _OF_ARGUMENTS else name for name in names)


def view_name(whole: SSAValue, part: str) -> str | None:
    """The name of a view: `x` -> `x_tile` -> `x_piece`. None for a part of what has no name."""
    hint = whole.name_hint
    return None if hint is None else f"{hint.removesuffix('_tile')}_{part}"


def name_body(ops: Sequence[Operation]) -> None:
    """Names results that have no name after their operation: `addf`, `exp`, `constant`."""
    for op in ops:
        for result in op.results:
            if result.name_hint is None:
                result.name_hint = op.name.rsplit(".", 1)[-1]
