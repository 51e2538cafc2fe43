"""The whole of a machine as plain ordered data: for showing, for the JSON of a run, for hashing."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from npu.configs.attached import key_fields
from npu.configs.machine_keys import MachineKeys

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""What JSON and YAML can hold."""

_MAPPINGS = ("partition",)
"""Keys that are a mapping in YAML and pairs in the (hashable) machine."""


def effective(machine: MachineKeys) -> dict[str, Plain]:
    """Every key of `machine` with the value in force, in the order of the documentation.

    Loading the result again gives an equal machine. (A machine made in Python from a content
    instead of a file's path has no path to load it from.)
    """
    return {f.name: _plain(f.name, getattr(machine, f.name)) for f in key_fields(type(machine))}


def fingerprint(machine: MachineKeys) -> str:
    """A sha256 (64 hexadecimal digits) that is equal exactly for equal machines."""
    text = json.dumps(_fields(machine), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _fields(instance: Any) -> dict[str, Plain]:
    """What makes two of them different: a file's content and not its name."""
    return {
        f.name: _plain(f.name, getattr(instance, f.name))
        for f in dataclasses.fields(instance)
        if f.compare
    }


def _plain(key: str, value: object) -> Plain:
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if key in _MAPPINGS:
        return dict(cast("Sequence[tuple[str, int]]", value))
    if isinstance(value, tuple):
        return [_plain(key, item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, None | bool | int | float | str):
        return value
    raise TypeError(f"machine key {key} holds {value!r}, which is not plain data")
