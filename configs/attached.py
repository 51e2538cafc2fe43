"""Files that a machine's keys name: read when the machine is, and part of it by their content.

The key holds a path, relative to the machine's file. What the file says becomes a field of
`Machine` that is no key (`DERIVED`): it takes part in equality and in the fingerprint, the path in
neither.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npu.configs.dram import load_dram_model
from npu.configs.energy import load_energy_table
from npu.configs.errors import Problem, UserError
from npu.configs.icnt import load_icnt_model
from npu.configs.short import short

DERIVED = {"derived": True}
"""Metadata of a field that no YAML key sets."""


@dataclass(frozen=True)
class Attachment:
    """One such key."""

    key: str
    """Holds the path."""
    field: str
    """Field of `Machine` that holds the content."""
    wanted_by: tuple[str, str] | None
    """The key and its value that ask for the file; None when the path alone does."""
    load: Callable[[Path], Any]
    kind: str
    """What the file is, for messages."""


ATTACHMENTS = (
    Attachment(
        key="ramulator_config_path",
        field="dram_model",
        wanted_by=("dram_type", "ramulator2"),
        load=load_dram_model,
        kind="a Ramulator 2 configuration",
    ),
    Attachment(
        key="booksim_config_path",
        field="icnt_model",
        wanted_by=("icnt_type", "booksim2"),
        load=load_icnt_model,
        kind="a BookSim 2 configuration (.icnt)",
    ),
    Attachment(
        key="energy_cost_table_path",
        field="energy_table",
        wanted_by=None,
        load=load_energy_table,
        kind="a table of energies",
    ),
)


def key_fields(described: type) -> list[dataclasses.Field[Any]]:
    """The fields of a dataclass that are keys of its file."""
    return [f for f in dataclasses.fields(described) if not f.metadata.get("derived")]


@dataclass(frozen=True)
class Attached:
    """What was wrong with the files that a machine names."""

    problems: list[Problem]
    """Of the keys: paths of no file."""
    errors: list[UserError]
    """Of the files themselves."""
    unknown: set[str]
    """Fields of the machine that could not be filled."""


def attach(values: dict[str, Any], unknown: set[str], file: str) -> Attached:
    """Adds the contents of the files that `values`, a machine's keys, name and ask for.

    Paths become absolute. `unknown` are keys whose value is not known.
    """
    result = Attached([], [], set())
    for one in ATTACHMENTS:
        if one.key in unknown:
            result.unknown.add(one.field)
        given = values.get(one.key)
        if given is None or not _wanted(one, values):
            continue
        path = Path(file).parent / given
        if not _is_file(path):
            expected = f"{one.kind}, relative to this file"
            what = f"names '{short(given, 200)}', which is no file"
            result.problems.append(Problem(one.key, what, expected))
            result.unknown.add(one.field)
            continue
        try:
            values[one.field] = one.load(path)
        except UserError as error:
            result.errors.append(error)
            result.unknown.add(one.field)
        values[one.key] = str(path.resolve() if ".." in path.parts else path.absolute())
    return result


def attached_files(machine: object) -> list[tuple[str, Path]]:
    """What each such file of a machine is, and its path."""
    return [
        (one.kind, Path(path))
        for one in ATTACHMENTS
        if getattr(machine, one.field) is not None
        and (path := getattr(machine, one.key)) is not None
    ]


def _wanted(one: Attachment, values: dict[str, Any]) -> bool:
    if one.wanted_by is None:
        return True
    key, value = one.wanted_by
    return values.get(key) == value


def _is_file(path: Path) -> bool:
    """Whether a file can be there: no system has one of an endless name, or with a null in it."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
