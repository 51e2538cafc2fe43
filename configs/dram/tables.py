"""The tables of a 2.1 file: lists of numbers and timing constraints, checked entry by entry."""

from __future__ import annotations

from collections.abc import Sequence as Names
from typing import NoReturn

from npu.configs.dram.assemble import MAX_TICKS
from npu.configs.dram.model import Constraint
from npu.configs.dram.standard import Standard
from npu.configs.errors import Problem
from npu.configs.section import Section, mending, scalar, shown
from npu.configs.yaml.tree import Node, Scalar, Sequence

MAX_WINDOW = 64
"""Most commands a window counts back; tFAW counts four."""

MAX_COMMAND_TICKS = 16
"""Longest command on its bus."""

MIN_FIELDS, MAX_FIELDS = 4, 6
"""Entries of a constraint: level, preceding, following, latency, window, sibling."""


def numbers(
    section: Section, key: str, length: int, names: Names[str], low: int, high: int
) -> list[int]:
    """The list of `length` whole numbers at `key`; `names` says what each is."""
    listing = f"{length} whole numbers: {', '.join(names)}"
    node = section.need(key, listing)
    if not isinstance(node, Sequence):
        section.refuse(key, f"is {shown(node)}", listing)
    if len(node.items) != length:
        section.refuse(key, f"has {len(node.items)} entries", listing)
    found: list[int] = []
    for name, item in zip(names, node.items, strict=True):
        value = scalar(item)
        if type(value) is not int or not low <= value <= high:
            expected = f"a whole number from {low} to {high}"
            _refuse(section, key, f"has {shown(item)} for {name}", expected, item)
        found.append(value)
    return found


def command_cycles(dram: Section, found: Standard) -> list[int]:
    """Ticks of each command on its bus; those of the standard when the file leaves them out."""
    if "command_cycles" not in dram:
        return list(found.command_ticks)
    count = len(found.commands)
    return numbers(dram, "command_cycles", count, found.commands, 1, MAX_COMMAND_TICKS)


def constraint_table(dram: Section, found: Standard) -> tuple[Constraint, ...]:
    """The list at `timing_constraints`."""
    expected = "a list of [level, [preceding], [following], latency, window, sibling]"
    node = dram.need("timing_constraints", expected)
    if not isinstance(node, Sequence) or not node.items:
        dram.refuse("timing_constraints", f"is {shown(node)}", expected)
    return tuple(_constraint(dram, found, item) for item in node.items)


def _constraint(dram: Section, found: Standard, node: Node) -> Constraint:
    key = "timing_constraints"
    if not isinstance(node, Sequence) or not MIN_FIELDS <= len(node.items) <= MAX_FIELDS:
        expected = "[level, [preceding], [following], latency], then window and sibling if need be"
        _refuse(dram, key, f"has {shown(node)} as an entry", expected, node)
    level, preceding, following, latency, *rest = node.items
    window = _whole(dram, rest[0], "window", 1, MAX_WINDOW) if rest else 1
    sibling = scalar(rest[1]) if len(rest) > 1 else False
    if type(sibling) is not bool:
        _refuse(dram, key, f"has {shown(rest[1])} for sibling", "true or false", rest[1])
    return Constraint(
        level=_whole(dram, level, "a level", 0, len(found.levels) - 2, found.levels),
        preceding=_commands(dram, found, preceding),
        following=_commands(dram, found, following),
        latency=_whole(dram, latency, "the latency", -MAX_TICKS, MAX_TICKS),
        window=window,
        sibling=sibling,
    )


def _commands(dram: Section, found: Standard, node: Node) -> tuple[int, ...]:
    if not isinstance(node, Sequence) or not node.items:
        expected = "a list of numbers of commands"
        _refuse(dram, "timing_constraints", f"has {shown(node)} for commands", expected, node)
    last = len(found.commands) - 1
    return tuple(_whole(dram, item, "a command", 0, last, found.commands) for item in node.items)


def _whole(
    dram: Section, node: Node, what: str, low: int, high: int, names: Names[str] = ()
) -> int:
    value = node.value if isinstance(node, Scalar) else None
    if type(value) is not int or not low <= value <= high:
        named = "".join(f", {i} {name}" for i, name in enumerate(names))
        expected = f"a whole number from {low} to {high}{named}"
        _refuse(dram, "timing_constraints", f"has {shown(node)} for {what}", expected, node)
    return value


def _refuse(section: Section, key: str, what: str, expected: str, node: Node) -> NoReturn:
    """As `Section.refuse`, at the line of one entry of a list."""
    problem = Problem(f"{section.path}.{key}", what, expected, mending(node, int))
    section.faults.refuse(problem, node.line)
