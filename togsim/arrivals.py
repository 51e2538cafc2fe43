"""Arrival times of requests."""

from __future__ import annotations

from decimal import Decimal, localcontext
from random import Random

from npu.configs.errors import UserError

_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000

MAX_ARRIVALS = 10_000_000
"""More are refused: each is kept, and a launch is made for each."""


def poisson_arrivals(rate_per_s: float, duration_ms: float, seed: int) -> tuple[int, ...]:
    """Nanoseconds at which requests arrive, `rate_per_s` of them a second on average.

    The gaps are independent and exponentially distributed, by inversion of 53-bit uniform numbers
    of Python's Mersenne Twister, whose sequence for a seed is the same everywhere. The logarithm is
    a decimal one of 30 digits, so that no host's mathematical library has a say in the outcome.
    Arrivals lie from 0 up to, but not at, `duration_ms`; none is a possible outcome. Raises
    UserError for a rate or a duration that is not positive and finite, and for more than
    `MAX_ARRIVALS` to expect.
    """
    for name, value in (("rate_per_s", rate_per_s), ("duration_ms", duration_ms)):
        if not 0 < value < float("inf"):
            raise UserError(f"{name} is {value}; expected a finite number above 0")
    expected = Decimal(rate_per_s) * Decimal(duration_ms) / 1000
    if expected > MAX_ARRIVALS:
        raise UserError(
            f"{rate_per_s:g} requests a second for {duration_ms:g} ms are {expected:.3g}; expected "
            f"at most {MAX_ARRIVALS}: choose a lower rate or a shorter time"
        )
    numbers = Random(seed)  # noqa: S311 (no secret: the same numbers every time are the point)
    arrivals: list[int] = []
    with localcontext(prec=30):
        mean_gap = Decimal(_NS_PER_S) / Decimal(rate_per_s)
        end = Decimal(duration_ms) * _NS_PER_MS
        time = Decimal(0)
        while True:
            time -= mean_gap * (1 - Decimal(numbers.random())).ln()
            if time >= end:
                return tuple(arrivals)
            arrivals.append(int(time))
