"""Traces of requests for one DRAM channel: text lines `cycle address R|W`.

# earliest cycle, byte address inside the channel, direction; one request a line, in order
0 0x0 R
0 32 R
50 4096 W
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.file_options import STANDARD_INPUT, input_path
from npu.configs.streams import standard_input

MAX_VALUE = (1 << 62) - 1
"""Largest cycle or address: both stay well within 64 bits."""

_LINE = re.compile(r"(\d+)\s+(0[xX][0-9a-fA-F]+|\d+)\s+([RW])", re.ASCII)
_FORM = "'cycle address R|W' such as '0 0x40 R'"


@dataclass(frozen=True)
class RequestTrace:
    """Requests of one channel in the order in which they are offered, column by column."""

    cycles: list[int]
    """The tick from which on each may be offered; an older request that waits holds it back."""
    addresses: list[int]
    """Bytes, within the channel. Bits above the channel's capacity are ignored."""
    writes: list[bool]

    def __len__(self) -> int:
        return len(self.cycles)


def read_requests(path: str | Path) -> RequestTrace:
    """The trace in the file at `path` (`-`: standard input). Raises `UserError` with the line."""
    where = input_path(str(path))
    if where == STANDARD_INPUT:
        return parse_requests(standard_input(), "standard input")
    try:
        with where.open(encoding="utf-8") as lines:
            return parse_requests(lines, str(path))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; expected lines {_FORM}") from None
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); expected a text file"
        ) from None


def parse_requests(lines: Iterable[str], name: str) -> RequestTrace:
    """The trace in `lines`; `name` is for messages. Raises as `read_requests`."""
    trace = RequestTrace([], [], [])
    try:
        for number, line in enumerate(lines, 1):
            _add(trace, line.partition("#")[0].strip(), f"{name}:{number}")
    except UnicodeDecodeError:
        raise UserError(f"{name}: is no text; expected lines {_FORM}") from None
    if not trace.cycles:
        raise UserError(f"{name}: holds no request; expected lines {_FORM}")
    return trace


def _add(trace: RequestTrace, text: str, where: str) -> None:
    if not text:
        return
    match = _LINE.fullmatch(text)
    if match is None:
        raise UserError(f"{where}: '{text[:80]}' is no request; expected {_FORM}")
    cycle, address = _number(match[1]), _number(match[2])
    for what, value in (("cycle", cycle), ("address", address)):
        if value > MAX_VALUE:
            raise UserError(f"{where}: {what} {value} is too large; expected at most {MAX_VALUE}")
    trace.cycles.append(cycle)
    trace.addresses.append(address)
    trace.writes.append(match[3] == "W")


def _number(text: str) -> int:
    """A value of the line; one with more digits than any that is accepted counts as too large."""
    if len(text) > 4 * len(str(MAX_VALUE)):
        return MAX_VALUE + 1
    return int(text, 16 if text[:2] in ("0x", "0X") else 10)
