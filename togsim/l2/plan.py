"""The plan of the persistent mode: names of the tensors that the L2 caches, and no others.

A plan file is one of

    plan: [weights, bias]              # YAML or JSON, a mapping or the list alone
    plan = {"weights", "bias"}         # Python, as PyTorchSim writes it; read, never executed

A tensor of the plan is cached from the start of the first launch that uses it to the end of the
last one (docs/l2.md).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from collections.abc import Sequence as List
from pathlib import Path
from typing import cast

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.configs.near import did_you_mean
from npu.configs.section import shown
from npu.configs.short import short
from npu.configs.text_file import read_text
from npu.configs.yaml.tree import Mapping, Scalar, Sequence, parse_tree

MAX_DEPTH = 2
"""A list in a mapping."""

MAX_PLAN_BYTES = 16 * 2**20
"""A file of names is not larger: a larger one is another kind of file."""

_EXPECTED = "'plan: [name, ...]' in YAML or JSON, or 'plan = {\"name\", ...}' in Python"


def load_plan(path: str | Path) -> frozenset[str]:
    """The names in the plan file `path`; a name that ends in .py is read as Python.

    Raises `UserError` with the file and the place when it is not a plan.
    """
    path = Path(path)
    text = read_text(path, _EXPECTED, MAX_PLAN_BYTES, "plan file")
    names = _python_names(text, path) if path.suffix == ".py" else _yaml_names(text, path)
    return _checked(names, path)


def check_plan(plan: Iterable[str], tensors: List[str]) -> None:
    """Raise `UserError` when `plan` names what is no tensor of the program."""
    known = set(tensors)
    for name in sorted(plan):
        if name in known:
            continue
        hint = did_you_mean(name, sorted(known)) or f"it has {_listed(sorted(known))}"
        raise UserError(f"plan: '{short(name)}' is not a tensor of the program; {hint}")


def check_l2(machine: Machine) -> None:
    """Raise `UserError` when the machine has no L2 that a plan could be for."""
    if machine.l2d_model is None:
        raise UserError(
            "plan: the machine has no L2 to keep tensors in; expected 'l2d_type: datacache'"
        )


def _listed(names: list[str], most: int = 8) -> str:
    if not names:
        return "no tensors"
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _python_names(text: str, path: Path) -> list[object]:
    try:
        body = ast.parse(text, filename=str(path)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else f"{path}"
        raise UserError(f"{where}: is not Python ({error}); expected {_EXPECTED}") from error
    found: ast.expr | None = None
    for statement in body:
        if _is_docstring(statement):
            continue
        value = _plan_value(statement)
        where = f"{path}:{statement.lineno}"
        if value is None:
            raise UserError(
                f"{where}: is not an assignment to 'plan'; a plan is read and never executed, "
                f"so that it can hold nothing else; expected {_EXPECTED}"
            )
        if found is not None:
            raise UserError(f"{where}: 'plan' is assigned twice; expected one assignment")
        found = value
    if found is None:
        raise UserError(f"{path}: holds no plan; expected {_EXPECTED}")
    return _literal(found, path)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _plan_value(statement: ast.stmt) -> ast.expr | None:
    """The value that `statement` gives to `plan`; None when it does something else."""
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return None
    names = [t.id for t in targets if isinstance(t, ast.Name)]
    return statement.value if names == ["plan"] and len(targets) == 1 else None


def _literal(value: ast.expr, path: Path) -> list[object]:
    empty = isinstance(value, ast.Call) and ast.unparse(value) in ("set()", "frozenset()")
    if empty:
        return []
    if not isinstance(value, ast.Set | ast.List | ast.Tuple):
        raise UserError(
            f"{path}:{value.lineno}: 'plan' is not a set, list or tuple of texts; "
            f"expected {_EXPECTED}"
        )
    for item in value.elts:
        if not (isinstance(item, ast.Constant) and isinstance(item.value, str)):
            raise UserError(
                f"{path}:{item.lineno}: an entry of 'plan' is not a text in quotes; "
                "expected names of tensors"
            )
    return [cast(ast.Constant, item).value for item in value.elts]


def _yaml_names(text: str, path: Path) -> list[object] | None:
    """The entries of a YAML plan; None for a file that holds nothing."""
    top = parse_tree(text, str(path), MAX_DEPTH)
    if isinstance(top, Mapping):
        for problem, line in top.faults:
            raise UserError(f"{problem.render(f'{path}:{line}')}; expected {_EXPECTED}")
        for key, line in top.key_lines.items():
            if key != "plan":
                what = f"'{short(key)}' is not a key of a plan"
                raise UserError(f"{path}:{line}: {what}; expected {_EXPECTED}")
        top = top.items.get("plan")
    if top is None or (isinstance(top, Scalar) and top.value is None):
        return None
    if not isinstance(top, Sequence):
        what = f"holds {shown(top)}, not a list of names"
        raise UserError(f"{path}:{top.line}: {what}; expected {_EXPECTED}")
    for item in top.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            raise UserError(
                f"{path}:{item.line}: the plan holds {shown(item)}; expected names of tensors, in "
                "quotes where YAML would read another kind of value"
            )
    return [cast("Scalar", item).value for item in top.items]


def _checked(names: list[object] | None, path: Path) -> frozenset[str]:
    if names is None:
        raise UserError(f"{path}: holds nothing, not a list of names; expected {_EXPECTED}")
    seen: set[str] = set()
    for name in cast("list[str]", names):
        if not name:
            raise UserError(f"{path}: the plan holds an empty text; expected names of tensors")
        if name in seen:
            what = f"'{short(name)}' stands in the plan twice"
            raise UserError(f"{path}: {what}; expected each name once")
        seen.add(name)
    return frozenset(seen)
