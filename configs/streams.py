"""The three standard streams of a command, which its caller may have closed or filled up."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOBase
from typing import NoReturn, TextIO, cast

from typing_extensions import override

from npu.configs.errors import UserError


class _Closed(TextIOBase):
    """Standard output after `>&-`."""

    @override
    def write(self, _text: str, /) -> NoReturn:
        raise UserError(
            "standard output is closed; open it, or send what is printed away with '> /dev/null'"
        )


def open_streams() -> None:
    """Makes streams of those that are closed: the next file opened would get their numbers.

    Printing is then a UserError; what is said on standard error goes nowhere, as was asked for.
    """
    for number in range(3):
        if not is_open(number):
            # Standard output for reading: what a library writes there fails, too.
            _open_nowhere(number, os.O_RDONLY if number == 1 else os.O_WRONLY)
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] (so it is when closed)
        sys.stdout = cast(TextIO, _Closed())
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison] (as above)
        sys.stderr = os.fdopen(2, "w", closefd=False)


def standard_input() -> TextIO:
    """What comes in. Raises UserError after `<&-`."""
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] (so it is when closed)
        raise UserError("standard input is closed; open it, or name a file")
    return sys.stdin


def is_open(number: int) -> bool:
    """Whether a file is open under that number."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def say(message: str) -> None:
    """Prints a last word on standard error, after all that was printed before."""
    drop_unless_flushed(sys.stdout)
    with suppress(OSError):
        print(message, file=sys.stderr)  # noqa: T201 (a command's last word)
    drop_unless_flushed(sys.stderr)


def drop_unless_flushed(stream: TextIO) -> None:
    """Prints what is held; what cannot be goes nowhere, or Python would complain at the end."""
    try:
        stream.flush()
    except OSError:
        _open_nowhere(stream.fileno(), os.O_WRONLY)


def _open_nowhere(number: int, flags: int) -> None:
    """Makes file `number` the one that holds nothing."""
    nowhere = os.open(os.devnull, flags)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
