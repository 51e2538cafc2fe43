"""How a convolution's taps and rows meet the arrays: named strategies; a mapping names one.

| strategy | m, the rows of one matmul | k, what an array holds |
|---|---|---|
| `taps` | several rows of the result, all images of a tile | the channels of one tap |
| `row` | one row of the result | the channels of one tap |
| `folded` | as `taps` | the channels of several neighbouring taps of a kernel's row |

They differ in the weight tiles and in the rows that each is loaded for, which `array_cycles.py`
counts. In DRAM and in the scratchpad tensors lie in the same way with each.
"""

from __future__ import annotations

from npu.passes.group.fold import Fold
from npu.passes.map.problem import Problem

TAPS, ROW, FOLDED = "taps", "row", "folded"

STRATEGIES = (TAPS, ROW, FOLDED)
"""All that can be asked for."""

COMPARED = (TAPS, FOLDED)
"""What `auto` compares; the first of equally good ones is taken. The tiles of `row` are among those
that `taps` tries."""

AUTO = "auto"
"""Not a strategy: the one with the best estimate."""


class StrategyError(ValueError):
    """A strategy does not suit a convolution; the message says why."""


def fold_for(strategy: str, problem: Problem) -> Fold | None:
    """The taps that `strategy` puts side by side; None: one at a time. Raises StrategyError."""
    if strategy != FOLDED:
        return None
    if isinstance(problem.fold, Fold):
        return problem.fold
    raise StrategyError(problem.fold)
