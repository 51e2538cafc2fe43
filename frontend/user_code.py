"""Around code of the user's: whatever it does, the command goes on or ends with one message."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

from npu.configs.errors import UserError
from npu.configs.interruption import Interrupted
from npu.configs.streams import is_open

EXPECTED = (
    "expected the file to define `model`, a torch.nn.Module, and `inputs`, "
    "a tuple of tensors to call it with"
)

_STREAMS = ("stdin", "stdout", "stderr")
_OUTPUTS = ((1, "stdout", "standard output"), (2, "stderr", "standard error"))
"""Number, name in `sys`, name for people."""


class _Left(BaseException):
    """The code called `os._exit`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@contextmanager
def user_code(path: Path) -> Generator[None]:
    """Inside, code of the file at `path` runs.

    Raises UserError, with the line of the file, for what it raises, and for what `guarded` refuses.
    """
    with guarded(path):
        try:
            yield
        except (UserError, MemoryError):
            raise
        except SyntaxError as error:
            where = f"{error.filename or path}{f':{error.lineno}' if error.lineno else ''}"
            raise UserError(f"{where}: SyntaxError: {error.msg}") from error
        except Exception as error:
            raise UserError(_failure(path, error)) from error


@contextmanager
def guarded(path: Path) -> Generator[None]:
    """Inside, code of ours calls code of the file at `path`.

    Raises UserError when that tries to end the program, in whatever way, or closes a standard
    stream. Streams, warning filters and the current folder are put back.
    """
    folder = Path.cwd()
    try:
        with warnings.catch_warnings(), _no_exit(), _lent_streams(path):
            yield
    except Interrupted:
        raise
    except (SystemExit, _Left) as error:
        status = error.status if isinstance(error, _Left) else error.code
        said = f"{path}: the file ended the program (exit {status}); {EXPECTED}"
        raise UserError(said) from error
    except BaseException as error:
        if isinstance(error, Exception):
            raise
        raise UserError(_failure(path, error)) from error
    finally:
        with suppress(OSError):  # the folder is gone
            os.chdir(folder)


@contextmanager
def _no_exit() -> Generator[None]:
    """Inside, `os._exit` raises; in a process that the code has forked it ends that process."""
    own, leave = os.getpid(), os._exit  # pyright: ignore[reportPrivateUsage] (its public name)

    def leave_or_raise(status: int) -> NoReturn:
        if os.getpid() != own:
            leave(status)
        raise _Left(status)

    os._exit = leave_or_raise
    try:
        yield
    finally:
        os._exit = leave


def _failure(path: Path, error: BaseException) -> str:
    """Where in the user's file it failed, the line of code, and what Python said."""
    own = {str(path), str(path.resolve())}
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in own]
    said = "".join(traceback.format_exception_only(error)).strip()
    if not frames:
        return f"{path}: {said}"
    last = frames[-1]
    return f"{path}:{last.lineno}: {last.line}\n  {said}"


class _Lent:
    """A standard stream that may be closed without harm to ours."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def write(self, text: str) -> int:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _lent_streams(path: Path) -> Generator[None]:
    """Inside, standard output and error may be closed; that is a UserError at the end."""
    before = {name: getattr(sys, name) for name in _STREAMS}
    lent = {name: _Lent(stream) for name, stream in before.items()}
    kept = {number: os.dup(number) for number, _, _ in _OUTPUTS}
    for name, stream in lent.items():
        setattr(sys, name, stream)
    try:
        yield
        for number, name, what in _OUTPUTS:
            if lent[name].closed or not is_open(number):
                raise UserError(f"{path}: the file closed {what}; leave it open: results go there")
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)
        for number, copy in kept.items():
            if not is_open(number):
                os.dup2(copy, number)
            os.close(copy)
