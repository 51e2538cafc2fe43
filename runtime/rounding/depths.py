"""How often a term of a sum is rounded to f32 on its way into the sum.

An array adds in f32, term by term. Vector code adds a tile in f64; what tiles hand on is f32. Sums
that run beside the reduction that they depend on are mended for each tile. With T tiles:

Powers, exp(x - m) for the maximum m so far. A tile multiplies what is there by exp(m - m'), which
has the error of exp and is rounded in the product, and adds: 2 roundings and one error of exp. The
differences m - m' are rounded, too; they and x - m go in one direction and add up to what x differs
from the last maximum, whose rounding the term has anyhow.

Squares about a pivot. What tiles add and what a pivot's moves add, n (p - p')^2 each, are parts of
the sum of squares M about the mean, none of which is negative (Chan, Golub and LeVeque 1983). So 2
roundings of at most M a tile; 3 in a square, 5 in a pivot's move, 3 behind the sweep and one to
spare come once.

Differences from a pivot. The sum stays near 0, as the pivot is near the mean; what is rounded is
n (p - p'), 3 times a tile. By Cauchy and Schwarz, with sum n (p - p')^2 <= M and n <= N, all tiles
together have at most sqrt(T N M), and the differences themselves sqrt(N M): that is the root mean
square of N terms times N, and 3 sqrt(T) roundings of it. Those of the differences and of what is
behind the sweep come once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod, sqrt

from xdsl.dialects.linalg import ops as linalg
from xdsl.ir import Operation

from npu.codegen.special import RELATIVE_ERROR
from npu.dialects.mapping import Mapping
from npu.dialects.npu import GroupOp
from npu.passes.group.body import Body
from npu.passes.group.contraction import Contraction, contraction_of
from npu.passes.group.fold import fold_of
from npu.passes.group.iteration_space import loop_extents, reduction_loops
from npu.passes.group.rescale import Form, Power, Shifted, Squared
from npu.passes.group.sweeps import Sweeps
from npu.passes.kernel.value_names import loop_names
from npu.passes.map.footprint import trips
from npu.passes.map.strategies import FOLDED
from npu.runtime.rounding.contraction import Depth
from npu.runtime.rounding.pairs import UNIT


@dataclass(frozen=True)
class Depths:
    """How many roundings to f32 the terms of a group's sums go through."""

    group: GroupOp
    array_size: int

    def of(self, op: linalg.GenericOp) -> Depth:
        """Those of one sum."""
        found = contraction_of(op)
        return self._on_the_vector_unit(op) if found is None else Depth(self._in_arrays(op, found))

    def _in_arrays(self, op: linalg.GenericOp, found: Contraction) -> int:
        """An array adds a piece of up to `array_size` terms one by one, and pieces one by one."""
        mapping, extents = self._mapping, loop_extents(op)
        if mapping is None:
            return prod(extents[loop] for loop in found.k)
        folded = mapping.strategy == FOLDED
        fold = fold_of(found, self.array_size) if folded else None
        if fold is None and found.walked_k is None:
            return prod(extents[loop] for loop in found.k)
        if fold is not None:
            taken = (fold.dim, found.walked_k)
            others = prod(extents[loop] for loop in found.k if loop not in taken)
            return fold.taps * fold.channels + others * -(-extents[fold.dim] // fold.taps)
        last = found.k[-1]
        tile = self._tile(mapping)[self._body.space.op_dims[op][last]]
        piece = min(tile, self.array_size)
        full, tail = divmod(extents[last], tile)
        pieces = full * -(-tile // piece) + -(-tail // piece)
        for loop in found.k[:-1]:
            pieces *= extents[loop]
        return piece + pieces

    def _on_the_vector_unit(self, op: linalg.GenericOp) -> Depth:
        """Vector code rounds once; the sums of the tiles of a row are added one by one.

        A sum that is mended from tile to tile (`npu.passes.group.online`) is rounded there, too.
        The module's text has the figures.
        """
        tiles = self._tiles_of_a_row(op)
        if tiles == 1:
            return Depth(0)
        match self._online.get(op):
            case Power():
                return Depth((tiles - 1) * (2 + RELATIVE_ERROR["exp"] / UNIT))
            case Squared():
                return Depth(2 * tiles + 12)
            case Shifted():
                return Depth(3 * sqrt(tiles) + 8, is_of_squares=True)
            case None:
                return Depth(tiles - 1)

    def _tiles_of_a_row(self, op: linalg.GenericOp) -> int:
        """How many tiles the reduced loops of a vector group's operation are cut into."""
        if self._mapping is None:
            return 1
        space = self._body.space
        counts, loops = trips(space.extents, self._tile(self._mapping)), space.op_dims[op]
        return prod(counts[loops[loop]] for loop in reduction_loops(op))

    @cached_property
    def _mapping(self) -> Mapping | None:
        """That of the group, or of the one that it repeats."""
        owner = self.group.work.parent_op()
        assert isinstance(owner, GroupOp)
        return None if owner.mapping is None else owner.mapping.data

    def _tile(self, mapping: Mapping) -> list[int]:
        """The tile of each dimension of the group."""
        extents, loops = self._body.space.extents, mapping.loops
        names = loop_names(len(extents), self._body.contractions)
        return [min(loops[name].tile, extent) for name, extent in zip(names, extents, strict=True)]

    @cached_property
    def _body(self) -> Body:
        return Body.of(self.group)

    @cached_property
    def _online(self) -> dict[Operation, Form]:
        return Sweeps(self._body.ops, self._body.space).online
