"""What of a user's PyTorch program something computes: operators and lines of source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override
from xdsl.dialects.builtin import ArrayAttr, StringAttr


@dataclass(frozen=True)
class Origin:
    """Operators in order, each once, and lines in order, each once."""

    torch_ops: tuple[str, ...] = ()
    """The operators that the user called: `aten.linear`."""

    torch_lines: tuple[str, ...] = ()
    """File and line of the calls: `mlp.py:12`, or `linear.py:134 in module 0` of PyTorch's own."""

    @override
    def __str__(self) -> str:
        """`aten.linear + aten.relu at mlp.py:12, mlp.py:13`, as far as it is known."""
        where = [f"at {', '.join(self.torch_lines)}"] if self.torch_lines else []
        return " ".join([*filter(None, [" + ".join(self.torch_ops)]), *where])


UNKNOWN = Origin()
"""Of what no PyTorch program is known for."""


def described(launch: int, origin: Origin) -> str:
    """`launch 3 (aten.linear at mlp.py:12)`: how messages call launch number `launch`, from 0."""
    return f"launch {launch} ({origin})" if str(origin) else f"launch {launch}"


def list_of(strings: Sequence[str]) -> ArrayAttr[StringAttr] | None:
    """An optional list as an attribute; None of no strings."""
    return ArrayAttr([StringAttr(one) for one in strings]) if strings else None


def strings_of(array: ArrayAttr[StringAttr] | None) -> tuple[str, ...]:
    """The strings of an optional list."""
    return () if array is None else tuple(one.data for one in array.data)
