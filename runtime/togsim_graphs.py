"""The graphs of a `togsim run`: files, each with what replaces its launches' schedule.

encoder.mlir@queue=1,arrival_ns=5000,priority=2,request=encoder
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from npu.configs.errors import UserError
from npu.configs.file_options import input_path
from npu.configs.near import did_you_mean
from npu.configs.short import short

_NUMBERS = ("queue", "arrival_ns", "priority")
_KEYS = (*_NUMBERS, "request")


class Schedule(TypedDict, total=False):
    """What is given of the schedule of a graph's launches."""

    queue: int
    arrival_ns: int
    priority: int
    request: str


@dataclass(frozen=True)
class GraphArgument:
    """A graph file and what is given for its launches."""

    path: Path
    schedule: Schedule

    @classmethod
    def parse(cls, text: str) -> GraphArgument:
        """Reads `PATH` or `PATH@key=value,...`. Raises UserError, naming the argument.

        What stands behind the last `@` is a schedule when it holds a `=`: else it is of the path.
        """
        path, mark, given = text.rpartition("@")
        if not mark or "=" not in given:
            return cls(input_path(text), {})
        values: dict[str, int | str] = {}
        for part in given.split(","):
            key, _, value = part.partition("=")
            if key in values:
                raise UserError(f"{short(text)}: '{short(key)}' is given twice; give it once")
            values[key] = _value(text, key, value)
        return cls(input_path(path), cast(Schedule, values))


def _value(text: str, key: str, value: str) -> int | str:
    if key not in _KEYS:
        hint = did_you_mean(key, _KEYS)
        tail = f"; {hint}" if hint else ""
        raise UserError(
            f"{short(text)}: '{short(key)}' is not known; expected {', '.join(_KEYS)}{tail}"
        )
    if key == "request":
        return value
    try:
        return int(value)
    except ValueError:
        raise UserError(
            f"{short(text)}: {key} is '{short(value)}'; expected a whole number"
        ) from None
