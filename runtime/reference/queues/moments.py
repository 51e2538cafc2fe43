"""Moments of instructions, and what must be over before each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Effect = Callable[[], None]


@dataclass(eq=False)
class Moment:
    """A point in time of one instruction on `core`; with an effect, it is one that shows."""

    core: int
    number: int = 0
    """In the order of the core's program."""

    effect: Effect | None = None
    is_transfer: bool = False
    """Whether the effect is that of a DMA transfer."""

    waits: int = 0
    """How many earlier moments are not over yet."""

    followers: list[Moment] = field(default_factory=list["Moment"], repr=False)
    """The moments that wait for this one, each as often as it does."""

    def after(self, earlier: Moment) -> None:
        """Makes this moment wait until `earlier` is over."""
        earlier.followers.append(self)
        self.waits += 1


@dataclass(frozen=True, eq=False)
class Instruction:
    """The three moments that others may wait for; several of them may be one and the same."""

    start: Moment
    reads_done: Moment
    complete: Moment
    is_matmul: bool = False

    @classmethod
    def at_once(cls, moment: Moment) -> Instruction:
        """One that reads and writes in one moment."""
        return cls(moment, moment, moment)
