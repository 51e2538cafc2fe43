"""PyTorch's own table of decompositions, and its way of applying one, without what takes long.

``ExportedProgram.run_decompositions`` looks through every operator there is, and puts each of the
five hundred composite ones in the place of itself, which takes three quarters of the import of a
small model. Here only those are put in place that a table of ours gives something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

import torch
from torch.export import ExportedProgram

Table = Mapping[Any, Callable[..., Any]]
"""What an operator is in terms of others."""


def pytorchs() -> Table:
    """PyTorch's core table, made anew when a library has registered further composite operators."""
    return _core(_registered())[0]


def run_decompositions(program: ExportedProgram, table: Table) -> ExportedProgram:
    """``program.run_decompositions(table)``, for a table that has all of `pytorchs`."""
    core, composite = _core(_registered())
    export = cast(Any, torch.export).exported_program
    changed = {
        op: table.get(op, cast(Any, torch)._export.utils._special_op_to_preserve_cia)
        for op in composite
        if op not in table or table[op] is not core.get(op)
    }
    others = {op: rule for op, rule in table.items() if op not in composite}
    return export._decompose_exported_program(
        program,
        cia_to_decomp=changed,
        python_decomp_table=others,
        joint_loss_index=None,
        decompose_custom_triton_ops=False,
    )


def _registered() -> int:
    """How many composite operators there are."""
    return len(
        cast(Any, torch)._C._dispatch_get_registrations_for_dispatch_key(
            "CompositeImplicitAutograd"
        )
    )


@lru_cache(maxsize=1)
def _core(_composite: int) -> tuple[Table, frozenset[Any]]:
    """The table, and the composite operators that may be something else."""
    core = dict(cast("dict[Any, Any]", torch.export.default_decompositions()).items())
    return core, frozenset(cast(Any, torch)._export.utils._collect_all_valid_cia_ops())
