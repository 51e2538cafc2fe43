"""The strict loader: a YAML file or the name of a shipped machine to a valid `Machine`.

    machine = load("tpuv3")              # shipped
    machine = load("my/machine.yaml")    # a file

All problems of a file are reported at once, each with its line. Nothing is ignored.
"""

from __future__ import annotations

import dataclasses
import difflib
from pathlib import Path
from typing import Any

from npu.configs.attached import attach, attached_files, key_fields
from npu.configs.convert import fields_of
from npu.configs.errors import MachineError, Problem, UserError
from npu.configs.machine import Machine
from npu.configs.rules import default_vlen_bits
from npu.configs.yaml_tree import Mapping, parse_mapping

SHIPPED_FOLDER = Path(__file__).resolve().parent
"""Where the shipped machines' YAML files are."""


def shipped_names() -> list[str]:
    """The names that `load` knows without a path, sorted."""
    return sorted(path.stem for path in SHIPPED_FOLDER.glob("*.yaml"))


def load(name_or_path: str | Path) -> Machine:
    """The machine of a shipped name or of a YAML file's path.

    Raises `UserError` for an unknown name or an unreadable file, `MachineError` for its contents.
    """
    path = machine_path(name_or_path)
    return parse(_read(path), str(path))


def machine_files(name_or_path: str | Path, machine: Machine) -> list[tuple[str, Path]]:
    """What each file is that `load` read for `machine`, and its path."""
    return [("the machine", machine_path(name_or_path)), *attached_files(machine)]


def parse(text: str, file: str) -> Machine:
    """The machine that YAML `text` describes; `file` names it in messages. Raises as `load`."""
    tree = parse_mapping(text, file)
    values, problems = fields_of(tree, Machine)
    problems += [(p, tree.line) for p in _missing(tree)]
    if not problems:
        problems = [(p, tree.key_lines[p.key]) for p in attach(values, file)]
    if problems:
        raise _located(problems, file)
    values.setdefault("riscv_vlen_bits", default_vlen_bits(values["vpu_num_lanes"]))
    try:
        return Machine(**values)
    except MachineError as error:
        lines = [tree.key_lines.get(p.key, tree.line) for p in error.problems]
        raise _located(list(zip(error.problems, lines, strict=True)), file) from None


def machine_path(name_or_path: str | Path) -> Path:
    """The file of a shipped name, or the path itself. Raises `UserError` for an unknown name."""
    text = str(name_or_path)
    path = Path(text)
    if "/" in text or path.suffix in (".yaml", ".yml"):
        return path
    if text in shipped_names():
        return SHIPPED_FOLDER / f"{text}.yaml"
    near = difflib.get_close_matches(text, shipped_names(), n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    raise UserError(
        f"no shipped machine is called '{text}'; {hint}expected one of "
        f"{', '.join(shipped_names())}, or the path of a YAML file"
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such machine file; expected a YAML file or one of "
            f"{', '.join(shipped_names())}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); expected a YAML text file") from error


def _missing(tree: Mapping) -> list[Problem]:
    return [
        Problem(field.name, "is missing", "a value: it has no default", f"add '{field.name}: ...'")
        for field in key_fields(Machine)
        if _required(field) and field.name not in tree.items
    ]


def _required(field: dataclasses.Field[Any]) -> bool:
    bare = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    return bare and field.name != "riscv_vlen_bits"


def _located(problems: list[tuple[Problem, int]], file: str) -> MachineError:
    ordered = sorted(problems, key=lambda item: item[1])
    return MachineError([p for p, _ in ordered], [f"{file}:{line}" for _, line in ordered])
