"""Every value is defined ahead of its uses: xDSL's verifier does not ask for that."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.irdl.dominance import DominanceInfo

from npu.configs.errors import UserError
from npu.configs.short import listed, short
from npu.dialects.places import place

GRAPHS = ("builtin", "hw", "arc", "sv", "fsm", "handshake")
"""Dialects whose regions are graphs: there the order of operations means nothing."""


def check_dominance(root: Operation) -> None:
    """Raises UserError naming each use of a value that is not defined ahead of it."""
    order = _Order()
    found = [
        f"{place(op)}{op.name}: {_named(value)} is not defined ahead of its use; expected every "
        "value to be made before it is read"
        for op, value in _uses(root)
        if not order.is_ahead(value, op)
    ]
    if found:
        raise UserError("\n".join(listed(found)))


def _uses(root: Operation) -> Iterator[tuple[Operation, SSAValue]]:
    for op in root.walk():
        for value in dict.fromkeys(op.operands):
            yield op, value


def _named(value: SSAValue) -> str:
    if value.name_hint is not None:
        return f"%{short(value.name_hint)}"
    owner = value.owner
    return f"a result of {owner.name}" if isinstance(owner, Operation) else "a block's argument"


class _Order:
    """The order of operations in blocks, and of blocks in regions."""

    def __init__(self) -> None:
        self._places: dict[Block, dict[Operation, int]] = {}
        self._dominance: dict[Region, DominanceInfo] = {}

    def is_ahead(self, value: SSAValue, op: Operation) -> bool:
        """Whether `value` is there when `op` runs."""
        owner = value.owner
        home = owner if isinstance(owner, Block) else owner.parent
        region = None if home is None else home.parent
        around = _ancestor_in(op, region)
        if home is None or region is None or around is None or around.parent is None:
            return False
        if around.parent is not home:
            return self._blocks(region).dominates(home, around.parent) or _is_graph(region)
        if isinstance(value, BlockArgument):
            return True
        assert isinstance(owner, Operation), "what is no argument is a result"
        return _is_graph(region) or self._place(owner) < self._place(around)

    def _place(self, op: Operation) -> int:
        block = op.parent
        assert block is not None, "it stands in a block"
        if block not in self._places:
            self._places[block] = {one: i for i, one in enumerate(block.ops)}
        return self._places[block][op]

    def _blocks(self, region: Region) -> DominanceInfo:
        if region not in self._dominance:
            self._dominance[region] = DominanceInfo(region)
        return self._dominance[region]


def _ancestor_in(op: Operation, region: Region | None) -> Operation | None:
    """The operation of `region` that is `op` or contains it."""
    around: Operation | None = op
    while around is not None and around.parent_region() is not region:
        around = around.parent_op()
    return around


def _is_graph(region: Region) -> bool:
    around = region.parent
    return around is None or around.name.split(".")[0] in GRAPHS
