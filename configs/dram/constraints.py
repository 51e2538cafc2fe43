"""The constraint table that follows from timings, as each generation of Ramulator 2 makes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from npu.configs.dram.expression import value_of
from npu.configs.dram.model import Constraint
from npu.configs.dram.standard import Rule, Standard


def table(standard: Standard, timing: Mapping[str, int]) -> tuple[Constraint, ...]:
    """All constraints for `timing` in ticks.

    2.0 takes latencies as written. 2.1 records a command at its first tick while a latency counts
    from its last: it grows by the first command's extra ticks and shrinks by the second's; and a
    command keeps its bus busy for its ticks.
    """
    rules = (one for rule in standard.rules for one in _of(standard, rule, timing))
    return (*_buses(standard), *rules)


def _of(standard: Standard, rule: Rule, timing: Mapping[str, int]) -> Iterator[Constraint]:
    nominal = value_of(rule.latency, timing)
    level = standard.levels.index(rule.level)
    pairs: dict[int, tuple[list[int], list[int]]] = {}
    for first in map(standard.commands.index, rule.preceding):
        for second in map(standard.commands.index, rule.following):
            extra = standard.command_ticks[first] - standard.command_ticks[second]
            latency = nominal + extra if standard.shifted else nominal
            preceding, following = pairs.setdefault(latency, ([], []))
            preceding += [first] if first not in preceding else []
            following += [second] if second not in following else []
    for latency, (preceding, following) in pairs.items():
        yield Constraint(
            level, tuple(preceding), tuple(sorted(following)), latency, rule.window, rule.sibling
        )


def _buses(standard: Standard) -> Iterator[Constraint]:
    """A command of more than one tick blocks its bus for the others (one a tick goes anyway)."""
    for bus in standard.buses:
        everyone = [standard.commands.index(name) for name in bus]
        ticks = sorted({standard.command_ticks[one] for one in everyone} - {1})
        for one_ticks in ticks:
            long = tuple(one for one in everyone if standard.command_ticks[one] == one_ticks)
            yield Constraint(0, long, tuple(sorted(everyone)), one_ticks)
