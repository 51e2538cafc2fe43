"""Taps of a convolution side by side in an array: what makes its k long where channels are few.

Rows of the input lie in the scratchpad position by position, all channels of each. So neighbouring
taps of one kernel row, all channels of each, are one run of memory, and the rows of a matmul are
such runs, a stride's positions apart: nothing is copied. An array of L rows holds as many taps as
have L channels together: for L = 128, a kernel of 7 x 7 with 3 channels takes 7 weight tiles of
k = 21 instead of 49 of k = 3; one of 3 x 3 with 64 channels, 6 of k = 128 and 64 instead of 9.
"""

from __future__ import annotations

from dataclasses import dataclass

from npu.passes.group.access import Access, accesses_of
from npu.passes.group.contraction import Contraction
from npu.passes.group.iteration_space import loop_extents


@dataclass(frozen=True)
class Fold:
    """Taps that an array holds side by side."""

    dim: int
    """The loop over the taps of one kernel row."""
    taps: int
    """Of them at a time: 2 or more."""
    channels: int
    """Elements of each."""
    step: int
    """Positions between the windows of two neighbours in a row of the result."""


class NoFoldError(ValueError):
    """Taps cannot lie side by side; the message says why."""


def fold_of(contraction: Contraction, array_size: int) -> Fold:
    """How taps of a convolution fold. Raises NoFoldError."""
    extents, accesses = loop_extents(contraction.op), accesses_of(contraction.op, contraction.rows)
    across = contraction.m[-1] if contraction.m else None
    line = next((a for a in accesses if across in dict(a.terms)), None)
    terms = {} if line is None else {d: factor // line.step for d, factor in line.terms}
    taps = [d for d in terms if d != across and extents[d] > 1]
    if across is None or len(taps) != 1 or len(terms) != 2:
        raise NoFoldError("its kernels are one element wide")
    if terms[taps[0]] != 1:
        raise NoFoldError(f"its taps are {terms[taps[0]]} positions apart")
    if any(_lies_inside(access, contraction) for access in accesses):
        raise NoFoldError("something lies between its positions and channels")
    walked = contraction.walked_k
    channels = 1 if walked is None else extents[walked]
    most = array_size // channels
    if most < 2:
        raise NoFoldError(f"an array of {array_size} rows has no room for 2 x {channels} channels")
    return Fold(taps[0], min(most, extents[taps[0]]), channels, terms[across])


def _lies_inside(access: Access, contraction: Contraction) -> bool:
    """Whether a dimension of the rows moves with taps alone: it stands inside of all rows."""
    loops = {d for d, _ in access.terms} - {contraction.walked_k}
    return bool(loops) and loops <= set(contraction.k)
