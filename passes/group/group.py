"""`npu-group`: cuts `@main` into groups, each of which becomes one kernel.

Overview. Stage 0 is a list of `linalg.generic` operations on tensors. This pass puts those together
whose intermediate values can stay in the scratchpad:

- a contraction with the elementwise operations behind it (bias, residual, activation);
- elementwise chains, merged into one `linalg.generic`;
- row reductions with the elementwise operations around them (softmax, layer norm);
- what is read through windows (a pool, a convolution with weights for each channel) with the
  elementwise operations behind it;
- what fits nowhere else (a transposed copy, a lone reduction) by itself.

Given a machine, it then joins groups as stages of one kernel where that saves cycles: attention,
linear layers with what is between them, norms around them (`join.py`).

With `unfused`, each row reduction ends a kernel (`programs.py`). With `joins=ends`, only what
stands at the ends of a contraction joins it: work on its rows, the maximum of its result's rows.

`tensor.concat` stays between the groups: `npu-tile` lets kernels store straight into the whole. A
part that is not computed for it alone is copied, if it can by the group that computes it, too.

Copies that only transpose or broadcast fold into the maps of those who read them, so that the DMA
does that work. `tensor.pad` goes into the group of who reads it: it says what a load fills in. Dead
operations disappear. `tensor.expand_shape` and `tensor.collapse_shape` stay between the groups:
they move nothing. Equal work, as in the layers of a network, is written down once: a group without
a body repeats the one of its name.

Before:

    %0 = linalg.generic {... mulf, addf ...} ins(%a, %b) outs(%zeros) {npu.torch_op = "aten.mm"}
    %1 = linalg.generic {... maximumf ...} ins(%0) outs(%e) {npu.torch_op = "aten.relu"}

After:

    %1 = npu.group @matmul_0 ins(%a, %b : tensor<7x13xf32>, tensor<13x5xf32>) {
    ^bb0(%x: tensor<7x13xf32>, %y: tensor<13x5xf32>):
      ... linalg.fill, linalg.generic (contraction), linalg.generic (epilogue) ...
      npu.yield %r : tensor<7x5xf32>
    } ops ["aten.mm", "aten.relu"] : tensor<7x5xf32>

Limitations: static f32 tensors of rank 1 or more; inputs are read by constants plus multiples of
loops, outputs written by projected permutations; one result per operation; what is read through
windows opens a group. Everything else is named in one error.
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.short import short
from npu.passes.group.assign import assign
from npu.passes.group.build import emit
from npu.passes.group.check import check, main_of
from npu.passes.group.join import GAIN, JOINS, join
from npu.passes.group.prepare import erase_dead, prepare
from npu.passes.group.programs import split_programs
from npu.passes.map.device import device_of


@dataclass(frozen=True)
class GroupPass(ModulePass):
    """Cuts `@main` into `npu.group` operations."""

    name = "npu-group"

    machine: str = ""
    """A shipped machine's name or the path of its YAML file; without one nothing is joined."""

    unfused: bool = False
    """Whether softmax and norms are several kernels, each of which a row reduction ends."""

    joins: str = GAIN
    """Which groups become stages of one: `gain`, those that gain by it; `ends`, work on the rows of
    a contraction and the maximum of its result's rows, whatever that brings."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Raises UserError naming every operation that fits no group, or for an unknown machine.

        Also for an unknown rule of joins.
        """
        if self.joins not in JOINS:
            raise UserError(
                f"npu-group: unknown joins '{short(self.joins)}'; expected {', '.join(JOINS)}"
            )
        main = main_of(op)
        block = main.body.block
        erase_dead(block)
        check(main)
        prepare(block)
        emit(block, assign(block, split_programs(block) if self.unfused else None))
        if self.machine:
            join(block, device_of(load(self.machine)), self.joins)
