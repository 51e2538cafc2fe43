"""YAML nodes to typed field values: exactly the declared type, or a `Problem` with its mending."""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from typing import Any, cast

from npu.configs.attached import key_fields
from npu.configs.errors import MachineError, Problem
from npu.configs.yaml_tree import Mapping, Node, Scalar, Sequence

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_MHZ_TEXT = re.compile(rf"\s*({_NUMBER})\s*(hz|khz|mhz|ghz)?\s*", re.IGNORECASE)
_UNIT_TEXT = re.compile(rf"\s*({_NUMBER})\s*([a-z]*)\s*", re.IGNORECASE)
_HZ = {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9}


class RefusedError(Exception):
    """What is wrong with a value, and its line; a nested mapping may hold several problems."""

    def __init__(self, *found: tuple[Problem, int]) -> None:
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


def fields_of(
    tree: Mapping, wanted: type, prefix: str = ""
) -> tuple[dict[str, Any], list[tuple[Problem, int]]]:
    """The values of dataclass `wanted` that `tree` gives, and the problems with their lines.

    `prefix` stands before the keys in messages.
    """
    annotations = typing.get_type_hints(wanted)
    hints = {field.name: annotations[field.name] for field in key_fields(wanted)}
    values: dict[str, Any] = {}
    found: list[tuple[Problem, int]] = []
    for key, node in tree.items.items():
        if key not in hints:
            found.append((_unknown(prefix, key, list(hints)), tree.key_lines[key]))
            continue
        try:
            values[key] = converted(prefix + key, node, hints[key])
        except RefusedError as refused:
            found += refused.found
    return values, found


def _unknown(prefix: str, key: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    mend = f"did you mean '{prefix}{near[0]}'?" if near else ""
    return Problem(prefix + key, "is not a key of a machine", "a key of docs/machines.md", mend)


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
    near = difflib.get_close_matches(str(value), [str(a) for a in allowed], n=1)
    mend = f"did you mean '{near[0]}'?" if near else ""
    expected = " or ".join(f"'{a}'" for a in allowed)
    raise RefusedError((Problem(key, f"is {_shown(node)}", expected, mend), node.line))


def _names(key: str, node: Node) -> tuple[str, ...]:
    if not isinstance(node, Sequence):
        raise RefusedError((Problem(key, f"is {_shown(node)}", "a list such as [a, b]"), node.line))
    return tuple(cast(str, _scalar(key, item, str)) for item in node.items)


def _pairs(key: str, node: Node) -> tuple[tuple[str, int], ...]:
    if not isinstance(node, Mapping):
        expected = "a mapping such as {core_0: 0, core_1: 1}"
        raise RefusedError((Problem(key, f"is {_shown(node)}", expected), node.line))
    return tuple((k, cast(int, _scalar(f"{key}.{k}", v, int))) for k, v in node.items.items())


def _dataclass(key: str, node: Node, wanted: type) -> Any:
    if not isinstance(node, Mapping):
        raise RefusedError((Problem(key, f"is {_shown(node)}", "a mapping of keys"), node.line))
    values, found = fields_of(node, wanted, prefix=f"{key}.")
    if found:
        raise RefusedError(*found)
    try:
        return wanted(**values)
    except MachineError as error:
        lines = {f"{key}.{name}": line for name, line in node.key_lines.items()}
        located = ((p, lines.get(p.key, node.line)) for p in error.problems)
        raise RefusedError(*located) from None


def _scalar(key: str, node: Node, wanted: type) -> object:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(node, Scalar) and type(value) is wanted:
        return value
    if wanted is float and type(value) is int:
        return float(value)
    kinds = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    unit = " of MHz" if key.endswith("_mhz") else ""
    problem = Problem(key, f"is {_shown(node)}", kinds[wanted] + unit, _mend(key, value, wanted))
    raise RefusedError((problem, node.line))


def _mend(key: str, value: object, wanted: type) -> str:
    """What to write instead of a value of the wrong type, where that can be told."""
    if key.endswith("_mhz"):
        return _mend_mhz(value)
    if wanted in (int, float) and isinstance(value, str):
        match = _UNIT_TEXT.fullmatch(value)
        # A unit is only stripped where the key's own name carries it: nothing is converted.
        if match is not None and match[2].lower() in ("", *key.split("_")):
            return f"write {match[1]}, without quotes or unit"
    if wanted is int and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}"
    return ""


def _mend_mhz(value: object) -> str:
    match = _MHZ_TEXT.fullmatch(str(value)) if isinstance(value, str | float) else None
    if match is None:
        return ""
    number, unit = float(match[1]), match[2]
    # A bare number from a million up was meant in Hz; no clock here has as many MHz.
    scale = _HZ[unit.lower()] if unit else (1.0 if number >= 1e6 else 1e6)
    return f"write {round(number * scale / 1e6)}, without quotes or unit"


def _shown(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "empty"
    return f"the text '{node.value}'" if isinstance(node.value, str) else f"{node.value}"
