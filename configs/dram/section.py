"""A mapping of a configuration file, read key by key; what is left over is refused."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import NoReturn, TypeVar

from npu.configs.errors import Problem, UserError
from npu.configs.yaml_tree import Mapping, Node, Scalar

Default = TypeVar("Default")

PREFIX = {True: "true", False: "false", None: "nothing"}


class Section:
    """Gives typed values of its keys. Every mistake is a `UserError` with file, line and mending.

    org = Section(node, "DRAM.org", file)
    width = org.integer("channel_width", 8, 1024, default=64)
    org.close()                     # anything not asked for is a mistake
    """

    def __init__(self, node: Mapping, path: str, file: str) -> None:
        self.node = node
        self.path = path
        self.file = file
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        self._ask(key)
        return key in self.node.items

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
            self.refuse(key, f"is {shown(node)}", "a mapping of keys")
        return Section(node, self._dotted(key), self.file)

    def integer(
        self, key: str, low: int, high: int, *, default: Default | None = None
    ) -> int | Default:
        """A whole number from `low` to `high`; `default` when it is left out, if there is one."""
        expected = f"a whole number from {low} to {high}"
        if default is not None and key not in self:
            return default
        value = scalar(self.need(key, expected))
        if type(value) is not int or not low <= value <= high:
            self.refuse(key, f"is {shown(self.node.items[key])}", expected)
        return value

    def number(self, key: str, low: float, high: float, *, default: float) -> float:
        """A number from `low` to `high`."""
        if key not in self:
            return default
        value = scalar(self.node.items[key])
        if type(value) not in (int, float) or not low <= float(str(value)) <= high:
            expected = f"a number from {low:g} to {high:g}"
            self.refuse(key, f"is {shown(self.node.items[key])}", expected)
        return float(str(value))

    def word(self, key: str, allowed: Sequence[str], *, default: str | None = None) -> str:
        """One of the words `allowed`."""
        expected = " or ".join(f"'{one}'" for one in allowed)
        if default is not None and key not in self:
            return default
        value = scalar(self.need(key, expected))
        if not isinstance(value, str) or value not in allowed:
            near = difflib.get_close_matches(str(value), allowed, n=1)
            mend = f"did you mean '{near[0]}'?" if near else ""
            self.refuse(key, f"is {shown(self.node.items[key])}", expected, mend)
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        if key not in self:
            return default
        value = scalar(self.node.items[key])
        if type(value) is not bool:
            self.refuse(key, f"is {shown(self.node.items[key])}", "true or false")
        return value

    def close(self, kind: str) -> None:
        """Refuses every key that was not asked for; `kind` names what the section is."""
        for key in self.node.items:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1, cutoff=0.5)
                mend = f"did you mean '{near[0]}'?" if near else "remove the key"
                expected = ", ".join(f"'{one}'" for one in self._asked)
                self.refuse(key, f"is not a key of {kind}", expected, mend)

    def refuse(self, key: str, what: str, expected: str, mend: str = "") -> NoReturn:
        """Raises the `UserError` for what stands at `key`."""
        line = self.node.key_lines.get(key, self.node.line)
        problem = Problem(self._dotted(key), what, expected, mend)
        raise UserError(problem.render(f"{self.file}:{line}"))

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
    if node.value is None:
        return "empty"
    return f"'{PREFIX.get(node.value, node.value) if isinstance(node.value, bool) else node.value}'"
