"""The strict loader: a YAML file or the name of a shipped machine to a valid `Machine`.

    machine = load("tpuv3")              # shipped
    machine = load("my/machine.yaml")    # a file

All problems of a file, and of the files that it names, are reported at once, each with its line.
Nothing is ignored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Known
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from npu.configs.attached import attach, attached_files, key_fields
from npu.configs.convert import Found, fields_of
from npu.configs.errors import MachineError, Problem, UserError, joined
from npu.configs.machine import Machine
from npu.configs.near import did_you_mean
from npu.configs.rules import default_vlen_bits, problems_of, with_tried_advice
from npu.configs.short import short
from npu.configs.text_file import read_text
from npu.configs.yaml.tree import Mapping, parse_mapping

SHIPPED_FOLDER = Path(__file__).resolve().parent / "machines"
"""Where the shipped machines' YAML files are."""

MAX_BYTES = 16 << 20
"""A machine has some kilobytes; of a file up to this size every mistake is told with its line."""


def shipped_names() -> list[str]:
    """The names that `load` knows without a path, sorted."""
    return sorted(path.stem for path in SHIPPED_FOLDER.glob("*.yaml"))


def load(name_or_path: str | Path) -> Machine:
    """The machine of a shipped name or of a YAML file's path.

    Raises `UserError` for an unknown name or an unreadable file, `MachineError` for its contents.
    """
    path = machine_path(name_or_path)
    expected = f"a YAML text file or one of {', '.join(shipped_names())}"
    return parse(read_text(path, expected, MAX_BYTES, "machine file"), str(path))


def machine_files(name_or_path: str | Path, machine: Machine) -> list[tuple[str, Path]]:
    """What each file is that `load` read for `machine`, and its path."""
    return [("the machine", machine_path(name_or_path)), *attached_files(machine)]


def parse(text: str, file: str) -> Machine:
    """The machine that YAML `text` describes; `file` names it in messages. Raises as `load`."""
    tree = parse_mapping(text, file)
    values, found = fields_of(tree, Machine)
    found += [(problem, tree.line) for problem in _missing(tree)]
    unknown = {problem.key.split(".")[0] for problem, _ in found}
    attached = attach(values, unknown, file)
    found += [(problem, tree.key_lines[problem.key]) for problem in attached.problems]
    unknown |= attached.unknown
    lanes = [values[key] for key in ("vpu_num_lanes", "vpu_vector_length_bits") if key in values]
    if "riscv_vlen_bits" not in unknown and len(lanes) == 2:
        values.setdefault("riscv_vlen_bits", default_vlen_bits(*lanes))
    known = {k: v for k, v in {**_defaults(), **values}.items() if k not in unknown}
    errors = [*_told(tree, found, known, file), *attached.errors]
    if errors:
        raise joined(errors)
    return Machine(**values)


def _told(
    tree: Mapping, found: list[Found], known: Known[str, object], file: str
) -> list[MachineError]:
    """What was `found` and what the rules say of what is `known`, in the order of the file."""
    tried = with_tried_advice([problem for problem, _ in found], Machine, known)
    located = list(zip(tried, (line for _, line in found), strict=True))
    located += [
        (problem, tree.key_lines.get(problem.key.split(".")[0], tree.line))
        for problem in problems_of(Machine, known)
    ]
    if not located:
        return []
    located.sort(key=lambda item: item[1])
    places = [f"{file}:{line}" for _, line in located]
    return [MachineError([problem for problem, _ in located], places)]


def machine_path(name_or_path: str | Path) -> Path:
    """The file of a shipped name, or the path itself. Raises `UserError` for an unknown name."""
    text = str(name_or_path)
    path = Path(text)
    if "/" in text or path.suffix in (".yaml", ".yml"):
        return path
    if text in shipped_names():
        return SHIPPED_FOLDER / f"{text}.yaml"
    hint = did_you_mean(text, shipped_names())
    raise UserError(
        f"no shipped machine is called '{short(text)}'; {f'{hint} ' if hint else ''}expected one "
        f"of {', '.join(shipped_names())}, or the path of a YAML file"
    )


def _missing(tree: Mapping) -> list[Problem]:
    return [
        Problem(field.name, "is missing", "a value: it has no default", f"add '{field.name}: ...'")
        for field in key_fields(Machine)
        if _required(field) and field.name not in tree.items
    ]


def _required(field: dataclasses.Field[Any]) -> bool:
    bare = field.default is MISSING and field.default_factory is MISSING
    return bare and field.name != "riscv_vlen_bits"


def _defaults() -> dict[str, Any]:
    """The fields of a machine that need not be given."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(Machine):
        if field.default is not MISSING:
            found[field.name] = field.default
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
    return found
