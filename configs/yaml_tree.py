"""YAML text to plain values that remember their lines; strict where YAML is lenient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import yaml

from npu.configs.errors import UserError


@dataclass(frozen=True)
class Scalar:
    """A leaf: a resolved value (str, int, float, bool or None) and its line (from 1)."""

    value: object
    line: int


@dataclass(frozen=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Mapping:
    """Keys in the file's order; `key_lines` gives the line of each key."""

    items: dict[str, Node]
    key_lines: dict[str, int]
    line: int


Node = Scalar | Sequence | Mapping

MAX_DEPTH = 4
"""Nesting allowed in a file; `core_timing` and `partition` need 2."""


def parse_mapping(
    text: str,
    file: str,
    kind: str = "a machine file",
    example: str = "num_cores: 1",
    depth: int = MAX_DEPTH,
) -> Mapping:
    """The mapping at the top of YAML `text`; `file`, `kind` and `example` are for messages.

    Raises `UserError` for a syntax error, a key given twice, an alias, nesting deeper than
    `depth`, or a top that is not a mapping.
    """
    try:
        check_nesting(text, file, depth)
        root = cast("yaml.Node | None", yaml.compose(text, yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    except yaml.YAMLError as error:
        raise UserError(_syntax_message(error, file)) from error
    if not isinstance(root, yaml.MappingNode):
        found = "nothing" if root is None else f"a {_kind(root)}"
        raise UserError(
            f"{file}:1: {kind} holds {found}; expected lines of 'key: value', such as '{example}'"
        )
    return _mapping(root, file)


def check_nesting(text: str, file: str, most: int) -> None:
    """Refuse what no file needs, and what would let a small file grow or be read without end.

    Raises `UserError` for an alias and for nesting deeper than `most`, `YAMLError` for bad syntax.
    """
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        line = cast(int, event.start_mark.line) + 1  # pyright: ignore[reportUnknownMemberType]
        if isinstance(event, yaml.AliasEvent):
            raise UserError(f"{file}:{line}: an alias (*name); expected the value itself")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > most:
            raise UserError(f"{file}:{line}: nested deeper than {most}; expected less")


def _syntax_message(error: yaml.YAMLError, file: str) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line = error.problem_mark.line + 1
        return f"{file}:{line}: not valid YAML: {error.problem}; expected 'key: value'"
    return f"{file}: not valid YAML: {_flat(error)}; expected 'key: value'"


def _node(node: yaml.Node, file: str) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, file)
    if isinstance(node, yaml.SequenceNode):
        items = cast("list[yaml.Node]", node.value)
        return Sequence(tuple(_node(item, file) for item in items), line)
    return Scalar(_scalar_value(node, file), line)


def _mapping(node: yaml.MappingNode, file: str) -> Mapping:
    items: dict[str, Node] = {}
    key_lines: dict[str, int] = {}
    for key_node, value_node in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{file}:{line}: a key is a {_kind(key_node)}; expected a plain name")
        key = cast(str, key_node.value)
        if key in items:
            raise UserError(
                f"{file}:{line}: key '{key}' is given twice, first on line {key_lines[key]}; "
                "expected it once; remove one of the two lines"
            )
        items[key] = _node(value_node, file)
        key_lines[key] = line
    return Mapping(items, key_lines, node.start_mark.line + 1)


def _scalar_value(node: yaml.Node, file: str) -> object:
    constructor = yaml.SafeLoader("")
    try:
        return cast(Any, constructor).construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        line = node.start_mark.line + 1
        raise UserError(
            f"{file}:{line}: value '{node.value}' cannot be read ({_flat(error)}); expected "
            "a number, a word or a list"
        ) from error


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "mapping"
    return "list" if isinstance(node, yaml.SequenceNode) else "single value"


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())
