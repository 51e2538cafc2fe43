"""YAML text to plain values that remember their lines; strict where YAML is lenient.

What a file says twice, by another name (anchors, merges), with tags or in words that readers of
YAML disagree on is kept in the tree as a fault, so that all of them are told at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from npu.configs.errors import Problem, UserError
from npu.configs.yaml.scalars import Odd, plain_value


@dataclass(frozen=True)
class Scalar:
    """A leaf: a resolved value (str, int, float, bool, None or `Odd`) and its line (from 1)."""

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
    faults: tuple[tuple[Problem, int], ...] = field(default=(), compare=False)
    """What is wrong with its keys themselves, and where."""


Node = Scalar | Sequence | Mapping

MAX_DEPTH = 4
"""Nesting allowed in a file; `core_timing` and `partition` need 2."""

_Event = Any
"""PyYAML's events have no types."""


def parse_mapping(
    text: str,
    file: str,
    kind: str = "a machine file",
    example: str = "num_cores: 1",
    depth: int = MAX_DEPTH,
) -> Mapping:
    """The mapping at the top of YAML `text`; `file`, `kind` and `example` are for messages.

    Raises `UserError` for a syntax error, or a top that is not a mapping.
    """
    root = parse_tree(text, file, depth)
    if isinstance(root, Mapping):
        return root
    raise UserError(
        f"{file}:1: {kind} holds {_found(root)}; expected lines of 'key: value', such as "
        f"'{example}'"
    )


def parse_tree(text: str, file: str, depth: int) -> Node | None:
    """What stands at the top of YAML `text`; None for nothing. Raises as `parse_mapping`."""
    try:
        return _Builder(_events(text), depth).document()
    except yaml.YAMLError as error:
        raise UserError(_syntax_message(error, text, file)) from error
    except _MoreDocumentsError as error:
        raise UserError(
            f"{file}:{error.line}: begins a second document ('---'); expected one in a file; "
            "remove the others"
        ) from None


def _events(text: str) -> Iterator[_Event]:
    """PyYAML's events, from the parser of libyaml where it is there: it is much quicker."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("Iterator[_Event]", yaml.parse(text, loader))  # pyright: ignore[reportUnknownMemberType]


class _MoreDocumentsError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Builder:
    """Makes the tree of one document from its events."""

    def __init__(self, events: Iterator[_Event], depth: int) -> None:
        self._events = events
        self._depth = depth

    def document(self) -> Node | None:
        """The root; None when the file holds nothing."""
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _MoreDocumentsError(_line(event))
                root = self._node(next(self._events), 0)
        return root

    def _node(self, event: _Event, depth: int) -> Node:
        odd = _oddity(event)
        if isinstance(event, yaml.ScalarEvent):
            is_plain = event.implicit[0] and not event.style  # pyright: ignore[reportUnknownMemberType]
            text = cast(str, event.value)
            return Scalar(odd or (plain_value(text) if is_plain else text), _line(event))
        if isinstance(event, yaml.CollectionStartEvent):
            if odd is None and depth >= self._depth:
                odd = Odd(f"nested deeper than {self._depth}", mend="write it flatter")
            if odd is not None:
                self._skip()
                return Scalar(odd, _line(event))
            is_list = isinstance(event, yaml.SequenceStartEvent)
            return self._sequence(event, depth) if is_list else self._mapping(event, depth)
        assert odd is not None, "every other event is an alias"
        return Scalar(odd, _line(event))

    def _sequence(self, start: _Event, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Sequence(tuple(items), _line(start))

    def _mapping(self, start: _Event, depth: int) -> Mapping:
        items: dict[str, Node] = {}
        lines: dict[str, int] = {}
        faults: list[tuple[Problem, int]] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            key = event.value if isinstance(event, yaml.ScalarEvent) else self._no_key(event)
            node = self._node(next(self._events), depth + 1)
            problem = _key_problem(key, event, lines)
            if problem is not None:
                faults.append((problem, line))
            elif key not in items:
                items[key], lines[key] = node, line
        return Mapping(items, lines, _line(start), tuple(faults))

    def _no_key(self, event: _Event) -> str:
        """The name in messages of a key that is a list, a mapping or an alias."""
        if isinstance(event, yaml.CollectionStartEvent):
            self._skip()
        return "?"

    def _skip(self) -> None:
        """Takes the events up to the end of the collection that has begun."""
        open_ = 1
        while open_:
            event = next(self._events)
            open_ += isinstance(event, yaml.CollectionStartEvent)
            open_ -= isinstance(event, yaml.CollectionEndEvent)


def _key_problem(key: str, event: _Event, lines: dict[str, int]) -> Problem | None:
    """What is wrong with a key; `lines` are those of the keys ahead of it."""
    if not isinstance(event, yaml.ScalarEvent):
        found = "a list" if isinstance(event, yaml.SequenceStartEvent) else "an alias"
        found = "a mapping" if isinstance(event, yaml.MappingStartEvent) else found
        return Problem(key, f"is {found}", "a plain name as key")
    if key == "<<" and not event.style:
        return Problem(key, "is a merge of another mapping", "every key itself", "write the keys")
    odd = _oddity(event)
    if odd is not None:
        return Problem(key, f"has {odd}", "a plain name as key", odd.mend)
    if not key.strip():
        return Problem("?", "has no name", "a plain name as key")
    if key in lines:
        what = f"is given twice, first on line {lines[key]}"
        return Problem(key, what, "it once", "remove one of the two")
    return None


def _oddity(event: _Event) -> Odd | None:
    """What stands at a node and is not taken: an alias, an anchor, a tag."""
    if isinstance(event, yaml.AliasEvent):
        return Odd(f"an alias (*{event.anchor})", mend="write the value itself")  # pyright: ignore[reportUnknownMemberType]
    if event.anchor is not None:
        return Odd(f"an anchor (&{event.anchor})", mend="write the value alone")
    if event.tag is not None:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        return Odd(f"a tag ({tag})", mend="write the value alone")
    return None


def _line(event: _Event) -> int:
    return cast(int, event.start_mark.line) + 1


def _found(root: Scalar | Sequence | None) -> str:
    value = root.value if isinstance(root, Scalar) else root
    if value is None:
        return "nothing"
    if isinstance(value, Sequence):
        return "a list"
    return str(value) if isinstance(value, Odd) else "a single value"


def _syntax_message(error: yaml.YAMLError, text: str, file: str) -> str:
    mark = getattr(error, "problem_mark", None)
    position = getattr(error, "position", None)
    if mark is not None:
        line = cast(int, mark.line) + 1
        problem = str(getattr(error, "problem", None) or getattr(error, "context", ""))
    else:
        line = text.count("\n", 0, position or 0) + 1
        problem = str(getattr(error, "reason", error))
    lines = text.splitlines() or [""]
    line = min(line, len(lines))
    if lines[line - 1].lstrip(" ").startswith("\t"):
        problem = "a tab begins the line, and YAML takes spaces only"
    return f"{file}:{line}: not valid YAML: {' '.join(problem.split())}; expected 'key: value'"
