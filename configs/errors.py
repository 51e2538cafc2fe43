"""The errors a user can cause: one class for the commands to catch, one message to print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from npu.configs.near import did_you_mean, near_names
from npu.configs.short import bounded, listed, short

MOST_PROBLEMS = 20
"""Problems of one description that are told; of more, the first ones and their number."""


class UserError(Exception):
    """A mistake of the user's. The message says what, where, what was expected and how to mend it.

    The commands print `error: ` and the message, and exit with 1. Anything else that escapes is a
    fault of ours and shows its traceback. However long what it quotes, it can be read (`bounded`).
    """

    def __init__(self, message: str) -> None:
        super().__init__(bounded(message))


class Notice(UserWarning):
    """What a user should know and need not mend: the result is right anyway.

    The commands print `warning: ` and the message, one line.
    """


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one key of a description."""

    key: str
    """The YAML key, dotted for a nested one (`core_timing.issue_width`); empty where none is."""

    what: str
    """What is wrong, with the offending value."""

    expected: str
    """What would have been right."""

    mend: str = ""
    """What to write instead, when that can be told."""

    given: str = ""
    """The word that may be a misspelling of one of `known`."""

    known: tuple[str, ...] = ()
    """Names, the nearest of which is the mending if one is near; looked for when it is told."""

    taken: tuple[str, ...] = ()
    """Names that would be near, too, but are there already."""

    write: object = None
    """The value that `mend` says to write, if it is one that can be tried."""

    def render(self, where: str = "") -> str:
        """The problem as one line, after `where` (`file:line`) if that is known."""
        head = f"{where}: " if where else ""
        head += f"key '{short(self.key)}': " if self.key else ""
        advice = did_you_mean(self.given, self.known) or self._is_there() or self.mend
        tail = f"; {advice}" if advice else ""
        return f"{head}{self.what}; expected {self.expected}{tail}"

    def _is_there(self) -> str:
        """What to do about a misspelling of what stands elsewhere, spelt right."""
        near = near_names(self.given, self.taken)
        return f"remove the key: '{near[0]}' is there already" if near else ""


class MachineError(UserError):
    """A description breaks rules; `problems` holds all the breaches found."""

    def __init__(self, problems: Sequence[Problem], wheres: Sequence[str] = ()) -> None:
        """`wheres` gives a `file:line` for each problem; without it the places are left out."""
        self.problems = tuple(problems)
        self.wheres = tuple(wheres) or ("",) * len(self.problems)
        pairs = list(zip(self.problems, self.wheres, strict=True))
        lines = [problem.render(where) for problem, where in pairs[:MOST_PROBLEMS]]
        more = len(pairs) - MOST_PROBLEMS
        if more > 0:
            lines.append(f"... and {more:,} more problems")
        super().__init__("\n".join(lines))


def joined(errors: Iterable[UserError]) -> UserError:
    """One error that says what all of `errors` say, at least one, in their order."""
    found = list(errors)
    if len(found) == 1:
        return found[0]
    known = [one for one in found if isinstance(one, MachineError)]
    if len(known) == len(found):
        problems = [problem for one in known for problem in one.problems]
        return MachineError(problems, [where for one in known for where in one.wheres])
    return UserError("\n".join(listed([line for one in found for line in str(one).split("\n")])))
