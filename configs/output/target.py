"""Where the path of an output leads: links followed, standard output and devices told apart."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MOST_LINKS = 40
"""Links that Linux follows to a file."""


@dataclass(frozen=True)
class Target:
    """Where a path leads."""

    path: Path
    """Without a link in it."""
    status: os.stat_result | None
    """None: nothing is there yet."""
    number: int | None
    """Of a file that this process has open, for `/dev/stdout` and its like."""

    @property
    def is_plain(self) -> bool:
        """Whether it is a plain file, or will be one."""
        if self.number is not None:
            return False
        return self.status is None or stat.S_ISREG(self.status.st_mode)


def find_target(path: Path) -> Target:
    """Where `path` leads. Raises OSError where no file can be, as for a folder."""
    number = open_number(path)
    if number is not None:
        return Target(path, os.fstat(number), number)
    try:
        status = path.stat()
    except FileNotFoundError:
        status = None
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return Target(Path(os.path.realpath(path)), status, None)


def open_number(path: Path) -> int | None:
    """N where `path` is, or leads to, `/proc/self/fd/N`: a file that is open already."""
    own = re.compile(rf"/proc/{os.getpid()}(/task/\d+)?/fd")
    with suppress(OSError):  # what is no link ends the search
        for _ in range(_MOST_LINKS):
            folder = os.path.realpath(path.parent)
            if own.fullmatch(folder) and path.name.isdecimal():
                return int(path.name)
            path = Path(folder, Path(folder, path.name).readlink())
    return None
