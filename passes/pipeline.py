"""The compiler on one page: the passes from stage 0 (`linalg` on tensors) to kernels and graph.

Fusion is decided in `npu-group` (`passes/group/assign.py`: what is one stage; `join.py`: which
stages are one kernel) and nowhere else. The place of an epilogue is fixed in `npu-tile`
(`passes/tile/stages.py`): behind the loops that are reduced over.
Loads cut into pieces by `npu-insert-dma` have no `npu.wait`: interlocks hold who reads a piece.
docs/design.md, section 5, says why.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from npu.passes.dma.double_buffer import DoubleBufferPass
from npu.passes.dma.insert_dma import InsertDmaPass
from npu.passes.group.group import GroupPass
from npu.passes.group.pad_channels import PadChannelsPass
from npu.passes.map.map import MapPass
from npu.passes.map.strategies import AUTO
from npu.passes.modes import agreed, mode_of
from npu.passes.place.place import PlacePass
from npu.passes.tile.distribute import DistributePass
from npu.passes.tile.tile import TilePass
from npu.passes.tog.derive_tog import DeriveTogPass


def pipeline(
    machine: str,
    strategy: str = "heuristic",
    conv_strategy: str = AUTO,
    *,
    join: bool = True,
    mode: str = "",
) -> tuple[ModulePass, ...]:
    """The passes in order. `machine` is a shipped machine's name or a YAML file's path.

    Without `join`, no groups become stages of one kernel, not even where that gains. `mode` is the
    name of one of `modes.py`, or empty. Raises UserError for an unknown one, and where
    `conv_strategy` contradicts it.
    """
    chosen = mode_of(mode)
    conv = agreed(chosen, conv_strategy)
    return (
        *((PadChannelsPass(),) if chosen.pads_channels else ()),
        GroupPass(machine if join else "", unfused=chosen.unfused, joins=chosen.joins),
        MapPass(machine, strategy, conv, chosen.result_slots, chosen.scoped_kb),
        *placed_kernels(machine),
        DeriveTogPass(),
    )


def placed_kernels(machine: str, *, watch: bool = False) -> tuple[ModulePass, ...]:
    """The passes from mapped groups to kernels that run; `watch` as `npu-tile` has it."""
    return (
        TilePass(machine=machine, watch=watch),
        DistributePass(),
        InsertDmaPass(),
        DoubleBufferPass(machine=machine),
        PlacePass(machine=machine),
    )


def run_stages(
    context: Context, module: ModuleOp, passes: tuple[ModulePass, ...]
) -> Iterator[tuple[str, ModuleOp]]:
    """Applies the passes to a verified module in place, verifying after each.

    Yields (pass name, module).
    """
    for one in passes:
        one.apply(context, module)
        module.verify()
        yield one.name, module


@dataclass(frozen=True)
class CompilePass(ModulePass):
    """The whole compiler as one pass: `npu-opt FILE -p 'npu-compile{machine=tpuv3}'`.

    Takes stage 0 (`linalg` on tensors) and leaves placed kernels followed by their graphs.
    """

    name = "npu-compile"

    machine: str = "tpuv3"
    """A shipped machine's name or the path of its YAML file."""

    strategy: str = "heuristic"
    """How tiles are chosen; see `npu-map`."""

    conv_strategy: str = AUTO
    """How convolutions meet the arrays; see `npu-map`."""

    join: bool = True
    """Whether groups become stages of one kernel where that gains; see `npu-group`."""

    mode: str = ""
    """A stated behaviour of another compiler: `xla-tpu`; see `passes/modes.py`."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        passes = pipeline(
            self.machine, self.strategy, self.conv_strategy, join=self.join, mode=self.mode
        )
        for _ in run_stages(ctx, op, passes):
            pass
