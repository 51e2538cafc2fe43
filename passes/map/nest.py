"""From the numbers of a tiling to the tree of loops, buffers and stages; `fit.py` goes back.

The loops over parallel dimensions are around everything; stages follow one another in the innermost
of them, each in brackets with the loops over the dimensions that it sums. An operand is held in the
innermost loop that it depends on; a loop of one tile is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npu.dialects.mapping import Hold, Loop, Mapping, Node, Run, Scope
from npu.passes.map.problem import Problem
from npu.passes.map.tiling import Loops, Tiling


def mapping_of(problem: Problem, tiling: Tiling) -> Mapping:
    """The tree of a tiling."""
    return _Tree(problem, tiling).mapping()


class _Tree:
    """The tree under construction."""

    def __init__(self, problem: Problem, tiling: Tiling) -> None:
        self.problem, self.tiling = problem, tiling
        self.loops = Loops.of(problem, tiling.tile, tiling.order)
        self.trunk = [d for d in tiling.order if d in problem.trunk]
        self.held: set[int] = set()

    def mapping(self) -> Mapping:
        """The whole of it."""
        inner = list(self._stages())
        outer = list(self._chain(self.trunk, range(len(self.problem.operands))))
        return Mapping((*outer, *inner), self.tiling.strategy)

    def _stages(self) -> Iterator[Node]:
        """What stands in the innermost loop of the trunk."""
        cut = [d for d in self.trunk if d in self.loops.dims]
        for stage in self.problem.stages:
            new = sorted(o for o in stage.operands if o not in self.held)
            for number in new:
                if self.loops.depth(self.problem.operands[number]) == len(cut) > 0:
                    yield self._hold(number)
            own = [d for d in self.tiling.order if d in stage.loops]
            if own:
                yield Scope((*self._chain(own, sorted(stage.operands)), Run(stage.name)))
            else:
                yield Run(stage.name)

    def _chain(self, dims: Sequence[int], operands: Sequence[int]) -> Iterator[Node]:
        """Loops, each followed by the operands whose tiles change in it."""
        if dims == self.trunk:
            yield from self._holds(operands, None)
        for dim in dims:
            tile, piece = self.tiling.tile[dim], self.tiling.piece[dim]
            is_parallel = dim not in self.problem.summed
            yield Loop(self.problem.dims[dim].name, tile, piece, is_parallel)
            yield from self._holds(operands, dim)

    def _holds(self, operands: Sequence[int], dim: int | None) -> Iterator[Node]:
        """The operands not yet held whose innermost loop is that over `dim`; None for no loop."""
        for number in operands:
            depth = self.loops.depth(self.problem.operands[number])
            home = self.loops.dims[depth - 1] if depth else None
            if number not in self.held and home == dim:
                yield self._hold(number)

    def _hold(self, number: int) -> Hold:
        self.held.add(number)
        return Hold(self.problem.operands[number].name, self.tiling.buffers[number])
