"""The documentation of the keys, read from the strings under the fields of a dataclass."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import textwrap
from typing import Any

from npu.configs.attached import key_fields
from npu.configs.machine_keys import MachineKeys
from npu.configs.pending import PENDING


def field_docs(described: type) -> dict[str, str]:
    """Field -> the string under it, on one line. Raises `ValueError` for a field without one."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(described)))
    body = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)).body
    docs: dict[str, str] = {}
    for field, text in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            docs[field.target.id] = _text(field.target.id, text)
    return docs


def machines_page() -> str:
    """The text of docs/machines.md: every key with its default and meaning."""
    lines = [_HEAD, *_table(MachineKeys, "")]
    for name in _NESTED:
        lines += ["", f"## Keys of `{name}`\n", *_nested_table(name)]
    return "\n".join(lines) + "\n"


def _text(name: str, node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    raise ValueError(f"field {name} has no documentation string under it")


def _nested_table(name: str) -> list[str]:
    factory = next(f for f in dataclasses.fields(MachineKeys) if f.name == name)
    assert isinstance(factory.default_factory, type)
    return _table(factory.default_factory, f"{name}.")


def _table(described: type, prefix: str) -> list[str]:
    docs = field_docs(described)
    rows = [
        f"| `{prefix}{f.name}` | {_default(f)} | {docs[f.name]}{_pending(f.name)} |"
        for f in key_fields(described)
    ]
    return ["| key | default | meaning |", "|---|---|---|", *rows]


def _pending(key: str) -> str:
    if key not in PENDING:
        return ""
    harmless, _ = PENDING[key]
    today = "no value" if harmless is None else f"only `{harmless}`"
    return f" *Not yet supported: {today} is accepted today.*"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.name == "riscv_vlen_bits":
        return "from the lanes"
    if field.name in _NESTED:
        return "below"
    if field.default is dataclasses.MISSING:
        return "**required**"
    if field.default in (None, ()):
        return "none"
    return f"`{field.default}`"


_HEAD = """# Machines

<!-- Made by `make docs` from configs/machine_keys.py, configs/array_passes.py and
configs/core_timing.py: edit those. -->

A machine is one YAML file of `key: value` lines. `npu run X --config NAME` takes the name of a
shipped machine (a file of `configs/machines/`), `--config PATH` any other file; `npu config show
NAME` prints every key in force. The loader is strict: an unknown key, a wrong type or unit, a key
given twice, and keys that contradict each other are errors that name the file, the line and what
was expected, all of them at once. So are words that readers of YAML disagree on, such as `010` (8
or 10), `13:20` (800), `0x1F`, `1_000`, `.5`, `1e3`, `yes` and `on`; and anchors, merges, tags and a
second document. How to write one: [add-a-machine.md](add-a-machine.md).

## Keys
"""

_NESTED = ("array_passes", "core_timing")
"""Keys that are mappings of keys."""

if __name__ == "__main__":
    import sys

    sys.stdout.write(machines_page())
