"""The one way in which every command writes a file that it is asked for.

    write_output(path, text)
    with open_output(path) as file: ...      # bytes, piece by piece

| what `path` names | what happens |
|---|---|
| nothing yet, or a plain file | written aside in the same folder and renamed: whole or not at all |
| a link | the same where it leads; the link stays, also one that leads to nothing yet |
| a device, a pipe, `/dev/stdout`, `/dev/fd/3` | written straight through once all of it is known |
| a file that a rename would harm (below) | the same |
| a folder, a file without permission to write | OSError |

A new file gets the mode that the umask leaves; an old one keeps its mode and owner. A rename would
harm a file with several names (hard links), one in a folder that takes no new file, and one that is
mounted by itself.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import stat
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from npu.configs.errors import Notice, UserError
from npu.configs.interruption import cleared_away
from npu.configs.output.target import Target, find_target, open_number

_NEW_FILE = 0o666
"""Mode of a new file, of which the umask takes away."""

_TAKES_NO_NEW_FILE = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ENOENT,
}  # fmt: skip
"""A folder's refusals after which an old file in it may still be written (the last in `/proc`)."""

_ADVICE = {
    errno.ENOENT: "name a file in a folder that exists",
    errno.ENOTDIR: "name a file in a folder that exists",
    errno.EISDIR: "it is a folder; expected the name of a file to write",
    errno.EACCES: "expected permission to write there; name another file",
    errno.EPERM: "expected permission to write there; name another file",
    errno.EROFS: "expected a file system that may be written; name another file",
    errno.ENOSPC: "expected room on the disk; make some, or name a file elsewhere",
    errno.EDQUOT: "expected room on the disk; make some, or name a file elsewhere",
    errno.ENAMETOOLONG: "expected a name of at most 255 bytes; name another file",
    errno.ELOOP: "its links lead in a ring; name another file",
    errno.EPIPE: "its reader went away; expected one that reads to the end",
    errno.EBADF: "nothing is open for writing under that number; name a file",
}


@contextmanager
def open_output(path: Path, what: str = "") -> Generator[IO[bytes]]:
    """A file to write, as the table above says.

    Raises UserError when it cannot be; `what` goes ahead of the path in the message. A standard
    output that lost its reader stays a BrokenPipeError, which `npu.configs.command` ends quietly.
    """
    try:
        with open_whole(path) as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError) and open_number(path) is not None:
            raise
        raise cannot_write(path, error, what) from error


def write_output(path: Path, text: str, what: str = "") -> None:
    """Writes a text as `open_output` does, and raises as that."""
    with open_output(path, what) as file:
        file.write(text.encode())


@contextmanager
def open_whole(path: Path) -> Generator[IO[bytes]]:
    """The same for callers that go on without the file. Raises OSError."""
    target = find_target(path)
    aside = _open_aside(target) if target.is_plain else None
    if aside is None:
        whole = io.BytesIO()
        yield whole
        _write_through(target, whole.getvalue())
        return
    descriptor, beside = aside
    try:
        remove = partial(beside.unlink, missing_ok=True)
        with cleared_away(remove), os.fdopen(descriptor, "wb") as file:
            yield file
        _take_place(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError, what: str = "") -> UserError:
    """The message for what the operating system refused."""
    is_link = os.path.islink(path)  # noqa: PTH114 (Path's raises for a name that is too long)
    is_link = is_link and open_number(path) is None
    where = f"{path} (a link to {os.path.realpath(path)})" if is_link else f"{path}"
    advice = _ADVICE.get(error.errno or 0, "name another file")
    return UserError(f"{what}{where}: cannot be written ({error.strerror}); {advice}")


def _open_aside(target: Target) -> tuple[int, Path] | None:
    """A new file beside a plain one, open, to take its place; None where that would do harm."""
    status = target.status
    if status is not None and not os.access(target.path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target.path))
    if status is not None and status.st_nlink > 1:
        return None
    beside = target.path.with_name(f".{secrets.token_hex(8)}.part")
    mode = _NEW_FILE if status is None else stat.S_IMODE(status.st_mode)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except OSError as error:
        if status is not None and error.errno in _TAKES_NO_NEW_FILE:
            return None
        raise
    if status is None or _made_alike(descriptor, status):
        return descriptor, beside
    os.close(descriptor)
    beside.unlink()
    return None


def _made_alike(descriptor: int, status: os.stat_result) -> bool:
    """Gives a new file owner and mode of the old one, whether or not that may be."""
    new = os.fstat(descriptor)
    try:
        if (new.st_uid, new.st_gid) != (status.st_uid, status.st_gid):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    except OSError:
        return False
    return True


def _take_place(beside: Path, target: Target) -> None:
    """Renames the new file to the old one's name."""
    try:
        os.replace(beside, target.path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        _write_through(target, beside.read_bytes())  # a file that is mounted by itself


def _write_through(target: Target, content: bytes) -> None:
    """Writes into what is there; a pipe is waited for. A signal ends the wait."""
    descriptor = _open_through(target)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _open_through(target: Target) -> int:
    if target.number is not None:
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison] (closed by >&-)
            sys.stdout.flush()
        return os.dup(target.number)
    assert target.status is not None, "what is not there yet is a plain file"
    flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY
    if stat.S_ISFIFO(target.status.st_mode):
        return _open_pipe(target.path, flags)
    return os.open(target.path, flags | os.O_TRUNC)


def _open_pipe(path: Path, flags: int) -> int:
    """Opens a named pipe; says so when that has to wait for a reader."""
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        said = f"{path}: nothing reads this pipe yet; waiting until something does"
        warnings.warn(said, Notice, stacklevel=2)
        return os.open(path, flags)
    os.set_blocking(descriptor, True)
    return descriptor
