"""The errors a user can cause: one class for the commands to catch, one message to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class UserError(Exception):
    """A mistake of the user's. The message says what, where, what was expected and how to mend it.

    The commands print `error: ` and the message, and exit with 1. Anything else that escapes is a
    fault of ours and shows its traceback.
    """


class Notice(UserWarning):
    """What a user should know and need not mend: the result is right anyway.

    The commands print `warning: ` and the message, one line.
    """


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one key of a machine description."""

    key: str
    """The YAML key, dotted for a nested one (`core_timing.issue_width`)."""

    what: str
    """What is wrong, with the offending value."""

    expected: str
    """What would have been right."""

    mend: str = ""
    """What to write instead, when that can be told."""

    def render(self, where: str = "") -> str:
        """The problem as one line, after `where` (`file:line`) if that is known."""
        head = f"{where}: " if where else ""
        tail = f"; {self.mend}" if self.mend else ""
        return f"{head}key '{self.key}': {self.what}; expected {self.expected}{tail}"


class MachineError(UserError):
    """A machine description breaks rules; `problems` holds all the breaches found."""

    def __init__(self, problems: Sequence[Problem], wheres: Sequence[str] = ()) -> None:
        """`wheres` gives a `file:line` for each problem; without it the places are left out."""
        self.problems = tuple(problems)
        places = tuple(wheres) or ("",) * len(self.problems)
        lines = [p.render(where) for p, where in zip(self.problems, places, strict=True)]
        super().__init__("\n".join(lines))
