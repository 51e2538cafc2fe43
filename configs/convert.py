"""YAML nodes to typed field values: exactly the declared type, or a `Problem` with its mending."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from dataclasses import replace
from functools import cache
from typing import Any, NoReturn, cast

from npu.configs.attached import key_fields
from npu.configs.errors import MachineError, Problem
from npu.configs.pending import accepted_today
from npu.configs.section import shown
from npu.configs.short import short
from npu.configs.yaml.scalars import Odd, fits
from npu.configs.yaml.tree import Mapping, Node, Scalar, Sequence

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_MHZ_TEXT = re.compile(rf"\s*({_NUMBER})\s*(hz|khz|mhz|ghz)?\s*", re.IGNORECASE)
_UNIT_TEXT = re.compile(rf"\s*({_NUMBER})\s*([a-z]*)\s*", re.IGNORECASE)
_HZ = {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9}
_LISTS = {"core_type": "a list with an entry for each core, such as [ws_mesh] for one"}
"""What the lists of names hold, for messages."""

Found = tuple[Problem, int]
"""A problem and its line."""


class RefusedError(Exception):
    """What is wrong with a value, and its line; a nested mapping may hold several problems."""

    def __init__(self, *found: Found) -> None:
        super().__init__(", ".join(problem.what for problem, _ in found))
        self.found = found


def converted(key: str, node: Node, wanted: Any) -> Any:
    """`node` as a value of the annotation `wanted`. Raises `RefusedError`.

    Handles exactly the annotations that machine descriptions use: int, float, bool, str, `Literal`,
    `X | None`, tuples of names or of pairs, and dataclasses.
    """
    if isinstance(wanted, type) and dataclasses.is_dataclass(wanted):
        return _dataclass(key, node, wanted)
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _union(key, node, arguments)
    if origin is typing.Literal:
        return _choice(key, node, arguments)
    if origin is tuple:
        pairs = typing.get_origin(arguments[0]) is tuple
        return _pairs(key, node) if pairs else _names(key, node)
    return _scalar(key, node, cast(type, wanted))


def fields_of(tree: Mapping, wanted: type, prefix: str = "") -> tuple[dict[str, Any], list[Found]]:
    """The values of dataclass `wanted` that `tree` gives, and the problems with their lines.

    `prefix` stands before the keys in messages.
    """
    hints = _annotations(wanted)
    free = tuple(f"{prefix}{key}" for key in hints if key not in tree.items)
    taken = tuple(f"{prefix}{key}" for key in hints if key in tree.items)
    values: dict[str, Any] = {}
    found = [(replace(one, key=prefix + one.key), line) for one, line in tree.faults]
    for key, node in tree.items.items():
        if key not in hints:
            found.append((_unknown(prefix + key, free, taken), tree.key_lines[key]))
            continue
        try:
            values[key] = converted(prefix + key, node, hints[key])
        except RefusedError as refused:
            found += refused.found
    return values, found


@cache
def _annotations(wanted: type) -> dict[str, Any]:
    """The keys of a dataclass, with the types of their fields."""
    annotations = typing.get_type_hints(wanted)
    return {field.name: annotations[field.name] for field in key_fields(wanted)}


def _unknown(key: str, free: tuple[str, ...], taken: tuple[str, ...]) -> Problem:
    """A key that does not exist, beside those that the file has (`taken`) and has not (`free`)."""
    expected = "a key of docs/machines.md"
    return Problem(key, "is not a key of a machine", expected, "remove the key", key, free, taken)


def _union(key: str, node: Node, members: tuple[Any, ...]) -> Any:
    empty = isinstance(node, Scalar) and node.value in (None, "")
    if empty and types.NoneType in members:
        return None
    rest = [m for m in members if m is not types.NoneType]
    if isinstance(node, Sequence) and len(rest) > 1:
        rest = [m for m in rest if typing.get_origin(m) is tuple]
    return converted(key, node, rest[0])


def _choice(key: str, node: Node, allowed: tuple[object, ...]) -> object:
    value = node.value if isinstance(node, Scalar) else None
    # bool is an int in Python: `true` must not pass for 1.
    if isinstance(node, Scalar) and not isinstance(value, bool) and value in allowed:
        return value
    today = accepted_today(key)
    names = tuple(str(a) for a in allowed if not today or f"'{a}'" == today)
    expected = " or ".join(f"'{name}'" for name in names)
    problem = Problem(key, f"is {_shown(node)}", expected, "", str(value), names)
    raise RefusedError((problem, node.line))


def _names(key: str, node: Node) -> tuple[str, ...]:
    if not isinstance(node, Sequence):
        mend = "remove the key: all cores are 'ws_mesh' then" if key == "core_type" else ""
        _refuse(key, node, _LISTS.get(key, "a list such as [a, b]"), mend)
    return tuple(_each([(key, item, str) for item in node.items]))


def _pairs(key: str, node: Node) -> tuple[tuple[str, int], ...]:
    if not isinstance(node, Mapping):
        _refuse(key, node, "a mapping such as {core_0: 0, core_1: 1}")
    found = [(replace(one, key=f"{key}.{one.key}"), line) for one, line in node.faults]
    values = _each([(f"{key}.{k}", v, int) for k, v in node.items.items()], found)
    return tuple(zip(node.items, cast("list[int]", values), strict=True))


def _each(wanted: list[tuple[str, Node, type]], found: list[Found] | None = None) -> list[Any]:
    """The value of each node. Raises `RefusedError` for all that are wrong."""
    wrong = found or []
    values: list[Any] = []
    for key, node, kind in wanted:
        try:
            values.append(_scalar(key, node, kind))
        except RefusedError as refused:
            wrong += refused.found
    if wrong:
        raise RefusedError(*wrong)
    return values


def _dataclass(key: str, node: Node, wanted: type) -> Any:
    if not isinstance(node, Mapping):
        _refuse(key, node, "a mapping of keys")
    values, found = fields_of(node, wanted, prefix=f"{key}.")
    made = None
    try:
        made = wanted(**values)
    except MachineError as error:
        lines = {f"{key}.{name}": line for name, line in node.key_lines.items()}
        found += [(p, lines.get(p.key, node.line)) for p in error.problems]
    if found:
        raise RefusedError(*found)
    return made


def _scalar(key: str, node: Node, wanted: type) -> object:
    value = node.value if isinstance(node, Scalar) else None
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        _refuse_scalar(key, node, wanted)
    return value


def _refuse_scalar(key: str, node: Node, wanted: type) -> NoReturn:
    kinds = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    unit = " of MHz" if key.endswith("_mhz") else ""
    expected = accepted_today(key) or kinds[wanted] + unit
    mend = "" if accepted_today(key) else _mend(key, node, wanted)
    _refuse(key, node, expected, mend)


def _refuse(key: str, node: Node, expected: str, mend: str | tuple[str, object] = "") -> NoReturn:
    """Raises for a node of the wrong kind; `mend` may have the value that it says to write."""
    text, value = mend if isinstance(mend, tuple) else (mend, None)
    problem = Problem(key, f"is {_shown(node)}", expected, text, write=value)
    raise RefusedError((problem, node.line))


def _mend(key: str, node: Node, wanted: type) -> str | tuple[str, object]:
    """What to write instead of a value of the wrong type, where that can be told."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, Odd):
        return _mend_odd(key, value, wanted)
    if key.endswith("_mhz"):
        return _mend_mhz(value)
    if wanted in (int, float) and isinstance(value, str):
        match = _UNIT_TEXT.fullmatch(value)
        # A unit is only stripped where the key's own name carries it: nothing is converted.
        if match is not None and match[2].lower() in ("", *key.split("_")):
            return _number(float(match[1]), wanted, ", without quotes or unit")
    if wanted is int and isinstance(value, float) and value.is_integer():
        return _number(value, wanted)
    if wanted is str and isinstance(value, bool | int | float):
        return "put it in quotes", str(value)
    return ""


def _mend_odd(key: str, odd: Odd, wanted: type) -> str | tuple[str, object]:
    is_clock = key.endswith("_mhz") and len(odd.meant) == 1
    if is_clock and not isinstance(odd.meant[0], bool):
        return _mend_mhz(odd.meant[0])
    if wanted is str:
        return odd.advice(str), odd.text
    likeliest = next((one for one in odd.meant if fits(one, wanted)), None)
    return odd.advice(wanted), likeliest


def _number(value: float, wanted: type, ending: str = "") -> str | tuple[str, object]:
    """The advice to write a number, if it is one of the wanted kind."""
    if wanted is float:
        return f"write {value}{ending}", value
    return (f"write {int(value)}{ending}", int(value)) if value.is_integer() else ""


def _mend_mhz(value: object) -> str | tuple[str, object]:
    match = _MHZ_TEXT.fullmatch(str(value)) if isinstance(value, str | float | int) else None
    if match is None:
        return ""
    number, unit = float(match[1]), match[2]
    # A bare number from a million up was meant in Hz; no clock here has as many MHz.
    scale = _HZ[unit.lower()] if unit else (1.0 if number >= 1e6 else 1e6)
    megahertz = number * scale / 1e6
    if not megahertz < 1e15:
        return ""
    ending = ", without quotes or unit" if isinstance(value, str) else ""
    return f"write {round(megahertz)}{ending}", round(megahertz)


def _shown(node: Node) -> str:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return f"the text '{short(node.value)}'"
    return shown(node).strip("'")
