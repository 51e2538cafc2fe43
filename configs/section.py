"""A mapping of a file, read key by key; what is wrong is noted, what is left over refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

from npu.configs.errors import Problem
from npu.configs.faults import Faults
from npu.configs.short import short
from npu.configs.yaml.scalars import Odd
from npu.configs.yaml.tree import Mapping, Node, Scalar

Default = TypeVar("Default")

_WORDS: dict[object, str] = {True: "true", False: "false"}


class Section:
    """Gives typed values of its keys, and notes every mistake with its line and mending.

    org = Section(node, "DRAM.org", faults)
    width = org.integer("channel_width", 8, 1024, default=64)
    org.close("an organisation")    # anything not asked for is a mistake

    A wrong value is noted, and another one given in its place: what follows from it must look at
    `is_sound` first. Where nothing can stand in its place, `RefusedError` ends the part.
    """

    def __init__(self, node: Mapping, path: str, faults: Faults) -> None:
        self.node = node
        self.path = path
        self.faults = faults
        self._asked: list[str] = []
        self._before = len(faults)
        for problem, line in node.faults:
            faults.tell(replace(problem, key=self._dotted(problem.key)), line)

    def __contains__(self, key: str) -> bool:
        self._ask(key)
        return key in self.node.items

    @property
    def is_sound(self) -> bool:
        """Whether nothing wrong was found since this section was opened."""
        return len(self.faults) == self._before

    def names(self) -> list[str]:
        """The keys of the file, in its order."""
        return list(self.node.items)

    def get(self, key: str) -> Node | None:
        """The node of `key`, if the file has it."""
        self._ask(key)
        return self.node.items.get(key)

    def need(self, key: str, expected: str) -> Node:
        """The node of `key`."""
        node = self.get(key)
        if node is None:
            self.refuse(key, "is missing", expected, f"add '{key}: ...'")
        return node

    def section(self, key: str) -> Section:
        """The mapping under `key`."""
        return self.as_section(key, self.need(key, "a mapping of keys"))

    def as_section(self, key: str, node: Node) -> Section:
        """`node`, which stands at `key`, as a mapping."""
        if not isinstance(node, Mapping):
            self._ask(key)
            self.refuse(key, f"is {shown(node)}", "a mapping of keys")
        return Section(node, self._dotted(key), self.faults)

    def integer(
        self, key: str, low: int, high: int, *, default: Default | None = None
    ) -> int | Default:
        """A whole number from `low` to `high`; `default` when it is left out, if there is one."""
        node = self.get(key)
        expected = f"a whole number from {low} to {high}"
        stand_in = low if default is None else default
        if node is None:
            if default is None:
                self.tell(key, "is missing", expected, f"add '{key}: ...'")
            return stand_in
        value = scalar(node)
        if type(value) is int and low <= value <= high:
            return value
        self.tell(key, f"is {shown(node)}", expected, mending(node, int))
        return stand_in

    def number(self, key: str, low: float, high: float, *, default: float | None = None) -> float:
        """A number from `low` to `high`; `default` when it is left out, if there is one."""
        node = self.get(key)
        expected = f"a number from {low:g} to {high:g}"
        stand_in = low if default is None else default
        if node is None:
            if default is None:
                self.tell(key, "is missing", expected, f"add '{key}: ...'")
            return stand_in
        value = scalar(node)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.tell(key, f"is {shown(node)}", expected, mending(node, float))
        return stand_in

    def word(self, key: str, allowed: Sequence[str], *, default: str | None = None) -> str:
        """One of the words `allowed`."""
        if default is not None and key not in self:
            return default
        with self.faults.part():
            return self.name(key, allowed)
        return allowed[0]

    def name(self, key: str, allowed: Sequence[str]) -> str:
        """One of the words `allowed`, without which nothing else can be read."""
        expected = " or ".join(f"'{one}'" for one in allowed)
        node = self.need(key, expected)
        value = scalar(node)
        if not isinstance(value, str) or value not in allowed:
            known = tuple(allowed)
            self.refuse(key, f"is {shown(node)}", expected, given=str(value), known=known)
        return value

    def text(self, key: str, expected: str) -> str:
        """A text that is not empty."""
        node = self.get(key)
        value = None if node is None else scalar(node)
        if isinstance(value, str) and value.strip():
            return value
        if node is None:
            self.tell(key, "is missing", expected, f"add '{key}: ...'")
        else:
            self.tell(key, f"is {shown(node)}", expected, mending(node, str))
        return ""

    def boolean(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        node = self.get(key)
        value = default if node is None else scalar(node)
        if type(value) is bool:
            return value
        assert node is not None, "a default is a value"
        self.tell(key, f"is {shown(node)}", "true or false", mending(node, bool))
        return default

    def close(self, kind: str) -> None:
        """Notes every key that was not asked for; `kind` names what the section is."""
        expected = ", ".join(f"'{one}'" for one in self._asked)
        free = tuple(one for one in self._asked if one not in self.node.items)
        taken = tuple(one for one in self._asked if one in self.node.items)
        what, mend = f"is not a key of {kind}", "remove the key"
        for key, line in self.node.key_lines.items():
            if key not in taken:
                problem = Problem(self._dotted(key), what, expected, mend, key, free, taken)
                self.faults.tell(problem, line)

    def tell(
        self,
        key: str,
        what: str,
        expected: str,
        mend: str = "",
        given: str = "",
        known: tuple[str, ...] = (),
    ) -> None:
        """Notes what is wrong with `key`; `given` may be a misspelling of one of `known`."""
        problem = Problem(self._dotted(key), what, expected, mend, given, known)
        self.faults.tell(problem, self._line(key))

    def refuse(
        self,
        key: str,
        what: str,
        expected: str,
        mend: str = "",
        given: str = "",
        known: tuple[str, ...] = (),
    ) -> NoReturn:
        """As `tell`, and ends the part."""
        problem = Problem(self._dotted(key), what, expected, mend, given, known)
        self.faults.refuse(problem, self._line(key))

    def _line(self, key: str) -> int:
        return self.node.key_lines.get(key, self.node.line)

    def _dotted(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _ask(self, key: str) -> None:
        if key not in self._asked:
            self._asked.append(key)


def scalar(node: Node) -> object:
    """The value of a leaf; a list or a mapping is never a value."""
    return node.value if isinstance(node, Scalar) else node


def shown(node: Node) -> str:
    """A node in a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if not isinstance(node, Scalar):
        return "a list"
    value = node.value
    if value is None:
        return "empty"
    if isinstance(value, Odd):
        return f"{short(value)}, {value.what}" if value.what else short(value)
    return f"'{_WORDS[value] if isinstance(value, bool) else short(value)}'"


def mending(node: Node, wanted: type) -> str:
    """What to write in the place of a word that readers of YAML disagree on."""
    value = scalar(node)
    return value.advice(wanted) if isinstance(value, Odd) else ""
