"""How a group of operations is cut into tiles: a tree of loops, buffers and stages, as plain data.

    par m 384, par n 224 by 128, hold acc 2,
    [for k 244 by 128, hold rows 2, hold weights 2, run arrays], hold in 2, hold out 2, run vector

is read from the left, outermost first. A loop goes over tiles and is around everything behind it in
its list; what a list in brackets opens, it closes. `hold` stands where an operand's tile is loaded,
or, for what is computed, where a new one starts. `run` is a stage of the group.

`passes/map/problem.py` says what the names mean for a group; `#npu.mapping` prints and parses the
same text. Nothing in here knows the IR.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

MAX_BUFFERS = 3
"""Most buffers of one operand: one that is filled, one that is used, one that is drained."""


@dataclass(frozen=True)
class Loop:
    """A loop over the tiles of one dimension, the last of which may be shorter."""

    dim: str
    tile: int
    """Elements of a tile; as many as there are: one tile, so no loop."""
    piece: int
    """Elements that one DMA instruction moves of it; smaller ones come in time for the arrays."""
    is_parallel: bool
    """Whether iterations are independent, so that cores share them; else one adds to another."""

    def __str__(self) -> str:
        by = "" if self.piece == self.tile else f" by {self.piece}"
        return f"{'par' if self.is_parallel else 'for'} {self.dim} {self.tile}{by}"


@dataclass(frozen=True)
class Hold:
    """The scratchpad buffers of one operand, used in turn."""

    operand: str
    buffers: int
    """1: the next tile waits for the last use of this one; 2: they overlap."""

    def __str__(self) -> str:
        return f"hold {self.operand} {self.buffers}"


@dataclass(frozen=True)
class Run:
    """A stage of the group: what the arrays do, or some vector code."""

    stage: str

    def __str__(self) -> str:
        return f"run {self.stage}"


@dataclass(frozen=True)
class Scope:
    """A list in brackets: loops in it end with it."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.nodes))}]"


Node: TypeAlias = Loop | Hold | Run | Scope


@dataclass(frozen=True)
class Mapping:
    """A tree of loops, buffers and stages, outermost first, and the strategy of a convolution."""

    nest: tuple[Node, ...]
    strategy: str = ""
    """How a convolution's taps and rows meet the arrays (docs/mapping.md); empty for what is no
    convolution."""

    def __str__(self) -> str:
        nest = ", ".join(map(str, self.nest))
        return f"{nest}, strategy = {self.strategy}" if self.strategy else nest

    @property
    def loops(self) -> dict[str, Loop]:
        """The loop over each dimension, outermost first; that of the first stage with one."""
        found: dict[str, Loop] = {}
        for node, _ in self.walk():
            if isinstance(node, Loop):
                found.setdefault(node.dim, node)
        return found

    @property
    def buffers(self) -> dict[str, int]:
        """The number of buffers of each operand."""
        return {node.operand: node.buffers for node, _ in self.walk() if isinstance(node, Hold)}

    def walk(self) -> Iterator[tuple[Loop | Hold | Run, tuple[Loop, ...]]]:
        """Each node but scopes, in order, and the loops around it."""
        yield from _walk(self.nest, ())

    def fault(self) -> str | None:
        """The first rule of a well-formed tree that is broken, in words; None if all hold."""
        return next(_faults(self), None)


def _walk(
    nodes: Sequence[Node], around: tuple[Loop, ...]
) -> Iterator[tuple[Loop | Hold | Run, tuple[Loop, ...]]]:
    for node in nodes:
        if isinstance(node, Scope):
            yield from _walk(node.nodes, around)
            continue
        yield node, around
        if isinstance(node, Loop):
            around = (*around, node)


def _faults(mapping: Mapping) -> Iterator[str]:
    """Each broken rule. M1 to M5 are those of `#npu.mapping`."""
    held: set[str] = set()
    for node, around in mapping.walk():
        if isinstance(node, Loop):
            yield from _loop_faults(node, around)
        elif isinstance(node, Hold):
            if not 1 <= node.buffers <= MAX_BUFFERS:
                yield f"M4: '{node}': expected 1 to {MAX_BUFFERS} buffers"
            if node.operand in held:
                yield f"M5: '{node}' is the second one of '{node.operand}'; expected one"
            held.add(node.operand)


def _loop_faults(loop: Loop, around: Sequence[Loop]) -> Iterator[str]:
    if loop.tile < 1:
        yield f"M1: '{loop}': expected a tile of at least 1"
    elif not 1 <= loop.piece <= loop.tile:
        yield f"M2: '{loop}': expected pieces between 1 and the tile"
    if any(loop.dim == other.dim for other in around):
        yield f"M3: '{loop}' stands inside another loop over '{loop.dim}'; expected one"
