"""Loop nests of structured operations: which loop becomes vector code, and in which order they run.

Plain mathematics on sizes and strides; no IR. An operation walks its iteration dimensions; each
operand moves by a fixed number of elements a step of each dimension (0: it is the same there).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Extent:
    """A number of iterations: `factor` times the run-time sizes with the numbers in `dynamic`."""

    factor: int
    dynamic: tuple[int, ...] = ()

    @property
    def known(self) -> int | None:
        """The number, where it is known at compile time."""
        return None if self.dynamic else self.factor

    def times(self, factor: int) -> "Extent":
        """`factor` times as many."""
        return replace(self, factor=self.factor * factor)


@dataclass(frozen=True)
class Loop:
    """One loop: its extent, whether it reduces, and each operand's stride in elements."""

    extent: Extent
    reduction: bool
    strides: tuple[int, ...]


@dataclass(frozen=True)
class Nest:
    """Loops from outermost to innermost; the one at `vector` is strip-mined into vector code."""

    loops: tuple[Loop, ...]
    vector: int

    def rows(self, outputs: Sequence[int]) -> int | None:
        """The loop whose iterations may run side by side, if there is one.

        It is the innermost parallel loop that is no vector code and moves every output.
        """
        fitting = [
            i
            for i, loop in enumerate(self.loops)
            if i != self.vector
            and not loop.reduction
            and all(loop.strides[output] != 0 for output in outputs)
        ]
        return fitting[-1] if fitting else None

    def level(self, operand: int) -> int:
        """The innermost loop that moves `operand`, -1 if none does.

        There it is read (and, an output, written): loops further inside find it unchanged.
        """
        moving = [i for i, loop in enumerate(self.loops) if loop.strides[operand] != 0]
        return moving[-1] if moving else -1

    def is_carried(self, operand: int) -> bool:
        """Whether loops inside its level find the output `operand` as the turn before left it."""
        return self.level(operand) < len(self.loops) - 1

    def is_vector(self, operand: int) -> bool:
        """Whether `operand` differs from lane to lane."""
        return self.loops[self.vector].strides[operand] != 0

    def is_summed_over_lanes(self, operand: int) -> bool:
        """Whether the output `operand` gathers all lanes: the strip loop lies inside its level."""
        return self.level(operand) < self.vector


def plan(loops: Sequence[Loop], inputs: int) -> Nest:
    """The nest for `loops`, given outermost first; the first `inputs` operands are only read."""
    operands = len(loops[0].strides) if loops else 0
    collapsed = _collapse([loop for loop in loops if loop.extent.known != 1])
    if not collapsed:
        # One lane, in every operand: with strides of 0 the output would gather all lanes.
        collapsed = [Loop(Extent(1), False, (1,) * operands)]
    position = max(range(len(collapsed)), key=lambda i: _fitness(collapsed[i], i))
    chosen = collapsed.pop(position)
    parallel = [loop for loop in collapsed if not loop.reduction]
    reductions = [loop for loop in collapsed if loop.reduction]
    if chosen.reduction:
        return Nest((*parallel, *reductions, chosen), len(collapsed))
    if not reductions and parallel and _reuses_strip(parallel[-1], chosen, inputs):
        *outer, row = parallel
        return Nest((*outer, chosen, row), len(outer))
    return Nest((*parallel, chosen, *reductions), len(parallel))


def _collapse(loops: Sequence[Loop]) -> list[Loop]:
    """Neighbouring loops that walk all operands without a gap, as one loop."""
    merged: list[Loop] = []
    for loop in loops:
        outer = merged[-1] if merged else None
        if outer is not None and _continues(outer, loop):
            inner_size = loop.extent.known
            assert inner_size is not None
            merged[-1] = replace(loop, extent=outer.extent.times(inner_size))
        else:
            merged.append(loop)
    return merged


def _continues(outer: Loop, inner: Loop) -> bool:
    """Whether a step of `outer` is a whole run of `inner` for every operand."""
    size = inner.extent.known
    if size is None or outer.reduction != inner.reduction:
        return False
    pairs = zip(outer.strides, inner.strides, strict=True)
    return all(step == stride * size for step, stride in pairs)


def _fitness(loop: Loop, position: int) -> tuple[int, int, int]:
    """How well a loop vectorises: no gaps between lanes, then many iterations, then innermost."""
    gaps = sum(stride not in (0, 1) for stride in loop.strides)
    many = loop.extent.known
    return (-gaps, 2**62 if many is None else many, position)


def _reuses_strip(row: Loop, strip: Loop, inputs: int) -> bool:
    """Whether an input is the same strip in every row, so that it is read once for all rows."""
    pairs = list(zip(row.strides, strip.strides, strict=True))[:inputs]
    return any(r == 0 and s != 0 for r, s in pairs)
