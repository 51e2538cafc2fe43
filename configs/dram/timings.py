"""From a speed bin, a device and overrides to every timing in ticks, as each generation counts."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from npu.configs.dram.standard import UNSET, Organisation, Standard

JEDEC_CORRECTION = 974
"""JEDEC's rule for whole clocks: thousandths of a clock plus 974, cut to whole ones (JESD79-4)."""


def clock_ps(standard: Standard, timing: Mapping[str, int]) -> int:
    """The whole ps of a clock in which the generation counts nanoseconds (0 without a rate).

    2.0 cuts 10^6 / (rate / 2), whatever the bin says; 2.1 takes the bin's `tCK_ps`.
    """
    if standard.generation == "2.1":
        return timing["tCK_ps"]
    half = timing["rate"] // standard.rounding_transfers
    return 10**6 // half if half > 0 else 0


def clocks_of(standard: Standard, ns: Fraction, period_ps: int) -> int:
    """`ns` in clocks: by JEDEC's rule in 2.0, rounded up in 2.1."""
    if standard.generation == "2.1":
        return -(-ns * 1000 // period_ps)
    picoseconds = int(ns * 1000)
    return (picoseconds * 1000 // period_ps + JEDEC_CORRECTION) // 1000


def fill(standard: Standard, timing: dict[str, int], device: Organisation) -> None:
    """Sets what the speed bin leaves open, where the tables of `presets/` have a figure."""
    period = clock_ps(standard, timing)
    if period <= 0:
        return
    for name, table in standard.secondary.items():
        if timing[name] == UNSET:
            timing[name] = _secondary(standard, timing, device, table, period)


def in_ticks(standard: Standard, timing: Mapping[str, int]) -> dict[str, int]:
    """Timings of a speed bin, which are clocks, in ticks."""
    factor = standard.ticks_per_clock
    scaled = {name: value * factor for name, value in timing.items()}
    return {**scaled, "rate": timing["rate"], "tCK_ps": timing["tCK_ps"] // factor}


def _secondary(
    standard: Standard,
    timing: Mapping[str, int],
    device: Organisation,
    table: Mapping[str, Any],
    period: int,
) -> int:
    if "same_as" in table:
        return timing[table["same_as"]]
    if "clocks" in table:
        rates = table["clocks"].get(device.dq, [])
        return _up_to(rates, timing["rate"], exact=standard.generation == "2.0")
    ns = _nanoseconds(standard, device, table)
    if ns is None:
        return UNSET
    return max(table.get("least", 0), clocks_of(standard, ns, period))


def _nanoseconds(
    standard: Standard, device: Organisation, table: Mapping[str, Any]
) -> Fraction | None:
    def count(level: str) -> int:
        return device.count[standard.levels.index(level)]

    if "ns_by_density" in table:
        density = device.density
        if "density_of" in table:
            density = -(-density // count(table["density_of"]))
        ns = _up_to(table["ns_by_density"], density, exact=standard.generation == "2.0")
        return None if ns == UNSET else Fraction(ns)
    ns = Fraction(str(table["ns"]))
    for level in table.get("shared_by", ()):
        ns /= count(level)
    return ns


def _up_to(rows: list[list[int]], key: int, *, exact: bool) -> int:
    """The value of the first row that reaches `key`; 2.0 knows only the rows' own keys."""
    for limit, value in rows:
        if key == limit or (key < limit and not exact):
            return value
    return UNSET
