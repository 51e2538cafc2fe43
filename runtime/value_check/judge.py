"""One launch against its limits: each element within them, or the worst one in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from npu.dialects.origin import UNKNOWN, Origin, described
from npu.runtime.accuracy import FINITE, kinds
from npu.runtime.functional import Array
from npu.runtime.rounding.pairs import Pairs


@dataclass(frozen=True)
class KernelCheck:
    """What one launch did."""

    kernel: str
    """Name of the kernel."""

    share: float
    """The largest error over its limit; above 1 the kernel is wrong."""

    fault: str | None
    """The element that is furthest beyond its limit, in words; None of a kernel that is right."""

    in_doubt: int = 0
    """Elements that may be anything, because rounding decides what they are."""

    origin: Origin = UNKNOWN
    """What of the user's program the launch computes."""


def judge(
    kernel: str,
    results: Sequence[Array],
    limits: Sequence[Pairs],
    launch: int,
    origin: Origin,
    stage: int | None = None,
) -> KernelCheck:
    """Compares what launch number `launch` of a kernel gave with what it may give.

    With `stage`, that is what this stage left for later ones.
    """
    where, worst, fault = f"kernel {kernel} in {described(launch, origin)}", 0.0, None
    where = where if stage is None else f"stage {stage} of {where}"
    for number, (result, limit) in enumerate(zip(results, limits, strict=True)):
        shares = shares_of_limit(result, limit)
        largest = float(shares.max(initial=0.0))
        if largest > max(worst, 1.0):
            which = f"result {number} of {where}" if number else where
            fault = f"{which} gives {_describe(result, limit, shares)}"
        worst = max(worst, largest)
    in_doubt = sum(int(np.isinf(limit["error"]).sum()) for limit in limits)
    return KernelCheck(kernel, worst, fault, in_doubt, origin)


def shares_of_limit(result: Array, limit: Pairs) -> NDArray[np.float64]:
    """The error of each element over its limit: 0 where there is none, infinite where none may be.

    NaNs and infinities must stand where those of the limit do, unless anything may.
    """
    value, error = limit["value"], limit["error"]
    with np.errstate(all="ignore"):
        difference = np.abs(result.astype(np.float64) - value)
        shares = np.where(difference == 0, 0.0, difference / error)
    same = kinds(result) == kinds(value)
    shares = np.where(same, np.where(kinds(value) == FINITE, shares, 0.0), np.inf)
    return np.where(np.isinf(error), 0.0, shares)


def _describe(result: Array, limit: Pairs, shares: NDArray[np.float64]) -> str:
    """The element that is furthest beyond its limit."""
    at = np.unravel_index(int(shares.argmax()), shares.shape)
    place = ", ".join(str(int(i)) for i in at)
    value, error = float(limit["value"][at]), float(limit["error"][at])
    count = int((shares > 1).sum())
    others = f"; {count} of {shares.size} elements are wrong" if count > 1 else ""
    return (
        f"{float(result[at]):.9g} at [{place}]; float64 gives {value:.9g} on the same inputs, and "
        f"rounding explains a difference of {error:.2e} at most{others}"
    )
