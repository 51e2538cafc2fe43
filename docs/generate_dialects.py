"""Makes docs/dialects/*.md from the docstrings of the dialects: `python docs/generate_dialects.py`.

Of each operation: its docstring, and the string under each operand, property, result and region.
A test compares the pages with what this makes now.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from xdsl.ir import Attribute, Dialect, Operation, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import IRDLOperation

from npu.configs.output import write_output
from npu.dialects.npu import Npu
from npu.dialects.tog import Tog

FOLDER = Path(__file__).resolve().parent / "dialects"
"""Where the pages are."""

DIALECTS = (Npu, Tog)
"""The dialects that have a page."""

_KINDS = {
    "operand_def": "operand",
    "opt_operand_def": "operand (optional)",
    "var_operand_def": "operands",
    "prop_def": "property",
    "opt_prop_def": "property (optional)",
    "result_def": "result",
    "var_result_def": "results",
    "region_def": "region",
}
"""What a field of an operation is, by the function that declares it."""


class Field(NamedTuple):
    """One operand, property, result, region or parameter."""

    kind: str
    name: str
    meaning: str


def pages() -> dict[str, str]:
    """The text of every page by file name."""
    return {f"{dialect.name}.md": _page(dialect) for dialect in DIALECTS}


def write() -> None:
    """Writes all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        write_output(FOLDER / name, text)


def _page(dialect: Dialect) -> str:
    # Operations are defined in parts (`tog_dma`); the dialect's own module tells the story.
    story = sys.modules[f"npu.dialects.{dialect.name}"]
    blocks = [
        f"# The `{dialect.name}` dialect",
        "<!-- Generated from the docstrings by `python docs/generate_dialects.py`. -->",
        inspect.cleandoc(story.__doc__ or ""),
        "## Operations",
        *(block for op in dialect.operations for block in _operation(op)),
        "## Types and attributes",
        *(block for one in dialect.attributes for block in _attribute(one)),
    ]
    return "\n\n".join(blocks) + "\n"


def _operation(op: type[Operation]) -> Iterator[str]:
    yield f"### `{op.name}`"
    yield inspect.cleandoc(op.__doc__ or "")
    fields = list(_fields(op))
    if fields:
        yield _table(fields)


def _attribute(attribute: type[Attribute]) -> Iterator[str]:
    sign = "!" if TypeAttribute in attribute.__mro__ else "#"
    yield f"### `{sign}{attribute.name}`"
    yield inspect.cleandoc(attribute.__doc__ or "")
    fields = [Field("parameter", name, text) for name, text in _annotated(attribute)]
    if fields:
        yield _table(fields)


def _table(fields: list[Field]) -> str:
    rows = [f"| {one.kind} | `{one.name}` | {one.meaning} |" for one in fields]
    return "\n".join(["| | name | meaning |", "|---|---|---|", *rows])


def _fields(op: type) -> Iterator[Field]:
    """The declared fields of an operation, those of its bases first."""
    for base in reversed(op.__mro__):
        if not base.__module__.startswith("npu.") or not issubclass(base, IRDLOperation):
            continue
        for statement, text in _documented(base):
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=function))
                ) if function in _KINDS:
                    yield Field(_KINDS[function], name, text)
                case _:
                    continue


def _annotated(attribute: type) -> Iterator[tuple[str, str]]:
    """The parameters of an attribute with their docstrings."""
    if not issubclass(attribute, ParametrizedAttribute):
        return
    for statement, text in _documented(attribute):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name, text
            case _:
                continue


def _documented(cls: type) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement of a class body with the string that stands under it, if one does."""
    source = inspect.cleandoc("\n" + inspect.getsource(cls))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.ClassDef)
    body = definition.body
    for statement, below in zip(body, [*body[1:], None], strict=True):
        match below:
            case ast.Expr(value=ast.Constant(value=str() as text)):
                yield statement, " ".join(text.split())
            case _:
                yield statement, ""


if __name__ == "__main__":
    write()
