"""What is wrong with one file, gathered while it is read, so that all of it is told at once.

faults = Faults("m.yaml")
with faults.part():             # a refusal ends the part, and the reading goes on behind it
    faults.refuse(problem, 3)
faults.check()                  # raises what was found
"""

from __future__ import annotations

from types import TracebackType
from typing import NoReturn

from npu.configs.errors import MachineError, Problem


class RefusedError(Exception):
    """A part of a file cannot be read on; what is wrong has been noted."""


class Part:
    """A context that a refusal leaves."""

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return isinstance(error, RefusedError)


class Faults:
    """The problems of one file, with their lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[tuple[Problem, int]] = []

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, key: str) -> bool:
        """Whether something is wrong with `key`."""
        return any(problem.key == key for problem, _ in self._found)

    def tell(self, problem: Problem, line: int) -> None:
        """Notes a problem; what reads the file goes on with something in the value's place."""
        self._found.append((problem, line))

    def refuse(self, problem: Problem, line: int) -> NoReturn:
        """Notes a problem, and ends the part: what follows in it would be told in vain."""
        self.tell(problem, line)
        raise RefusedError(problem.what)

    def part(self) -> Part:
        """What is read inside does not keep what follows from being read."""
        return Part()

    def check(self) -> None:
        """Raises `MachineError` with all that was noted, in the order of the file."""
        if self._found:
            ordered = sorted(self._found, key=lambda item: item[1])
            places = [f"{self.file}:{line}" for _, line in ordered]
            raise MachineError([problem for problem, _ in ordered], places)
