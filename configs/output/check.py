"""What is checked of a command's outputs before its work begins."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from npu.configs.errors import UserError
from npu.configs.output import cannot_write
from npu.configs.output.target import find_target, open_number

_STREAMS = {1: "standard output", 2: "standard error"}

Named = tuple[str, Path | None]
"""What a file is, and its path; None is not given."""

Identity = tuple[object, ...]
"""Equal exactly for paths that lead to one file."""


def check_outputs(outputs: Iterable[Named], inputs: Iterable[Named] = ()) -> None:
    """Makes sure that each output can be written and is neither an input nor another output.

    Each is named as messages shall have it: `--json`, `the graph`. Raises UserError.
    """
    given = [(name, path) for name, path in outputs if path is not None]
    for _, path in given:
        _check_place(path)
    read = _inputs(inputs)
    written: dict[Identity, str] = {}
    for name, path in given:
        same = _identity(path)
        if same is None:
            continue
        if same in read:
            raise UserError(f"{name} {path}: is {read[same]}, which would be lost; choose another")
        streams = {} if open_number(path) is not None else _streams()
        if other := written.get(same, streams.get(same)):
            raise UserError(f"{name} {path}: {other} goes to the same file; choose another")
        written[same] = name


def text_stream(*outputs: Path | None) -> TextIO:
    """Where a command prints for people: standard error when an output is standard output."""
    return sys.stderr if any(map(is_standard_output, outputs)) else sys.stdout


def is_standard_output(path: Path | None) -> bool:
    """Whether an option names standard output, as `-` or in another way."""
    return path is not None and open_number(path) == 1


def _check_place(path: Path) -> None:
    """Whether a file can be written there, as far as can be told without doing it."""
    try:
        target = find_target(path)
        if target.status is not None and target.number is None:
            _check_access(target.path, os.W_OK)
        elif target.status is None:
            target.path.parent.stat()  # raises where that is missing
            _check_access(target.path.parent, os.W_OK | os.X_OK)
    except OSError as error:
        raise cannot_write(path, error) from None


def _check_access(path: Path, mode: int) -> None:
    if not os.access(path, mode):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _inputs(inputs: Iterable[Named]) -> dict[Identity, str]:
    """What each plain file that is read is called."""
    read: dict[Identity, str] = {}
    for what, path in inputs:
        with suppress(OSError, ValueError):  # one that cannot be read is told when it is
            target = None if path is None else find_target(path)
            if target is not None and target.status is not None:
                read |= dict.fromkeys(_plain(target.status), what)
    return read


def _streams() -> dict[Identity, str]:
    """The plain files to which the standard streams go."""
    found: dict[Identity, str] = {}
    for number, name in _STREAMS.items():
        with suppress(OSError):  # it is closed
            found |= dict.fromkeys(_plain(os.fstat(number)), name)
    return found


def _plain(status: os.stat_result) -> Iterator[Identity]:
    if stat.S_ISREG(status.st_mode):
        yield status.st_dev, status.st_ino


def _identity(path: Path) -> Identity | None:
    """None for a device, which any number of outputs may share."""
    target = find_target(path)
    if target.status is None:
        return (target.path,)
    if stat.S_ISCHR(target.status.st_mode):
        return None if target.number is None else (target.number,)
    return target.status.st_dev, target.status.st_ino
