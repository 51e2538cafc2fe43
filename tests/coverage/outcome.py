"""What became of one sample of an operator."""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """The kinds of outcomes."""

    RIGHT = "right"
    """The values from Spike are those of eager PyTorch."""

    REFUSED = "refused"
    """The compiler said why it does not take the sample, or took too long."""

    WRONG = "wrong"
    """The values, a shape or a type differ."""

    ERROR = "error"
    """A traceback, a trap, a process that died."""


FAULTS = (State.WRONG, State.ERROR)
"""Outcomes that fail the command."""


@dataclass(frozen=True)
class Outcome:
    """The state of a sample, and why."""

    state: State
    reason: str = ""
    """One line; empty for a sample that is right."""

    details: str = ""
    """The traceback of an error, what is wrong with a value."""

    is_earlier: bool = False
    """Whether other code than this made it."""
