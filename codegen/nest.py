"""Loop nests of structured operations: which loop becomes vector code, and in which order they run.

Plain mathematics on sizes and strides; no IR. An operation walks its iteration dimensions; each
operand moves by a fixed number of elements a step of each dimension (0: it is the same there).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

_UNKNOWN = 64
"""What an extent counts as that is known at run time only: tiles have tens of lines.

With more, three rows of an image would look like the longest loop of a pool."""

_STEP_CYCLES = 2
"""What a strip takes about, whatever its length, of an operation that does little."""

_GATHER_CYCLES = 3
"""What gathering the lanes of a row takes about, some rows side by side."""

_ELEMENTS_OF_A_LANE = 8
"""f32 that a lane of the machine takes in a cycle (`vpu_vector_length_bits` of 256); strided
accesses move one."""


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


def plan(loops: Sequence[Loop], inputs: int, lanes: int, *, gathers: bool = True) -> Nest:
    """The nest for `loops`, given outermost first; the first `inputs` operands are only read.

    A register has `lanes` elements. Vector code is the loop with the least estimate: lanes that lie
    apart are read one a lane of the machine, strips that are short waste the rest of a register.
    Where lanes cannot be gathered (`gathers`), it is the parallel loop with the fewest gaps.
    """
    operands = len(loops[0].strides) if loops else 0
    collapsed = _collapse([loop for loop in loops if loop.extent.known != 1])
    if not collapsed:
        # One lane, in every operand: with strides of 0 the output would gather all lanes.
        collapsed = [Loop(Extent(1), False, (1,) * operands)]
    if gathers:
        position = min(
            range(len(collapsed)),
            key=lambda i: (_cycles(collapsed, i, lanes), _gaps(collapsed[i]), -i),
        )
    else:
        if all(loop.reduction for loop in collapsed):
            collapsed.append(Loop(Extent(1), False, (1,) * operands))
        lanes_over = [i for i, loop in enumerate(collapsed) if not loop.reduction]
        position = max(lanes_over, key=lambda i: _fitness(collapsed[i], i))
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
    many = loop.extent.known
    return (-_gaps(loop), 2**62 if many is None else many, position)


def _gaps(loop: Loop) -> int:
    """Operands whose neighbouring lanes lie apart."""
    return sum(stride not in (0, 1) for stride in loop.strides)


def _cycles(loops: Sequence[Loop], position: int, lanes: int) -> int:
    """About what all strips take if the loop at `position` is vector code."""
    extents = [_counted(loop.extent) for loop in loops]
    loop, length = loops[position], extents[position]
    others = [i for i in range(len(loops)) if i != position]
    strips = prod(extents[i] for i in others) * -(-length // lanes)
    a_cycle = max(1, lanes // _ELEMENTS_OF_A_LANE)
    apart = _gaps(loop) * -(-min(length, lanes) // a_cycle)
    rows = prod(extents[i] for i in others if not loops[i].reduction)
    return strips * (_STEP_CYCLES + apart) + (_GATHER_CYCLES * rows if loop.reduction else 0)


def _counted(extent: Extent) -> int:
    """The iterations that an estimate counts."""
    return extent.factor * _UNKNOWN ** len(extent.dynamic)


def _reuses_strip(row: Loop, strip: Loop, inputs: int) -> bool:
    """Whether an input is the same strip in every row, so that it is read once for all rows."""
    pairs = list(zip(row.strides, strip.strides, strict=True))[:inputs]
    return any(r == 0 and s != 0 for r, s in pairs)
