"""Marks on operations of a body whose rows are cut, which say how tiles run it.

They stand in the copy of a group's body that `sweeps.py` makes, and nowhere in text.
"""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import IntAttr, UnitAttr
from xdsl.ir import Operation

_SWEEP = "npu.sweep"
_IN_PLACE = "npu.in_place"


def set_sweep(op: Operation, number: int) -> None:
    """Makes `op` one that runs for each tile of sweep `number`."""
    op.attributes[_SWEEP] = IntAttr(number)


def sweep_of(op: Operation) -> int | None:
    """The sweep in which `op` runs for each tile; None if it runs once for whole rows."""
    mark = op.attributes.get(_SWEEP)
    return None if mark is None else cast("IntAttr[int]", mark).data


def set_in_place(op: Operation) -> None:
    """Makes `op` write over what its last operand held: a value that tiles hand on."""
    op.attributes[_IN_PLACE] = UnitAttr()


def is_in_place(op: Operation) -> bool:
    """Whether `op` writes over what its last operand held."""
    return _IN_PLACE in op.attributes


def keep_marks(source: Operation, target: Operation) -> None:
    """Gives `target`, which stands in the place of `source`, its marks."""
    marks = {k: v for k, v in source.attributes.items() if k in (_SWEEP, _IN_PLACE)}
    target.attributes |= marks
