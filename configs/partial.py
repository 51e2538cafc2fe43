"""What is known of a machine whose description has faults, for the rules to look at.

A rule that asks for a figure that is missing or wrong ends there: it has told what it can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class UnknownError(Exception):
    """A rule asked for a figure that is not known."""


class Partial:
    """The fields that are known, and the properties that follow from them.

    Raises `UnknownError` for any other one.
    """

    def __init__(self, described: type, known: Mapping[str, object]) -> None:
        self._described = described
        self._known = known

    def __getattr__(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        member = getattr(self._described, name, None)
        if isinstance(member, property):
            assert member.fget is not None, "a machine's properties can be read"
            return member.fget(self)
        raise UnknownError(name)


def is_known(machine: object, key: str) -> bool:
    """Whether a rule may ask for `key`."""
    try:
        getattr(machine, key)
    except UnknownError:
        return False
    return True
