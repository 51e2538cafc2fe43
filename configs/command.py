"""How every command of ours ends: one message and a status, whatever happened.

    def main(args=None):
        command.run(lambda: work(parser().parse_args(args)))

| ending | standard error | status |
|---|---|---|
| done | - | 0 |
| a mistake of the user's (`UserError`) | `error: ` and the message | 1 |
| the computer refuses (full disk, no memory) | `error: ` and the message | 1 |
| a wrong option | usage and `PROG: error: ` (argparse) | 2 |
| Ctrl-C, a closed terminal, `kill` | `interrupted: ` and one line | 128 + signal |

A traceback is a fault of ours. Warnings are lines that begin with `warning: `.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO

from typing_extensions import override

from npu.configs.errors import Notice, UserError
from npu.configs.interruption import MESSAGE, Interrupted, signals_as_exceptions
from npu.configs.short import bounded
from npu.configs.streams import drop_unless_flushed, open_streams, say

MISTAKE = 1
"""Exit status after a user's mistake."""

FOR_DEVELOPERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ResourceWarning)
"""Kinds of warnings that libraries mean for those who call them: not for users of a command."""


def run(action: Callable[[], None]) -> None:
    """Does `action`; when it cannot, leaves the program with the message and status above."""
    open_streams()
    try:
        with warnings_as_lines(), signals_as_exceptions():
            _act(action)
    except UserError as error:
        leave(f"error: {error}", MISTAKE)
    except Interrupted as error:
        leave(MESSAGE, error.status)
    except BrokenPipeError:
        drop_unless_flushed(sys.stdout)
        sys.exit(MISTAKE)
    except OSError as error:
        leave(f"error: {_refusal(error)}", MISTAKE)
    except MemoryError:
        leave(
            "error: this computer has not enough memory for that; expected a smaller program, or "
            "run it where more memory is free",
            MISTAKE,
        )
    finally:
        drop_unless_flushed(sys.stderr)


def _act(action: Callable[[], None]) -> None:
    """Does `action`, also one that ends in SystemExit, and prints all that it has to say."""
    try:
        action()
    except SystemExit:
        sys.stdout.flush()
        raise
    sys.stdout.flush()


def leave(message: str, status: int) -> NoReturn:
    """Prints a message on standard error and ends the program."""
    say(message)
    sys.exit(status)


class ShowVersion(argparse.Action):
    """`--version`: the command's name and the version of the installed distribution."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version", **options)

    @override
    def __call__(self, parser: argparse.ArgumentParser, *_args: object, **_more: object) -> None:
        print(f"{parser.prog} {version()}")  # noqa: T201 (what was asked for)
        parser.exit()


def version() -> str:
    """The version of the installed distribution; `source` from an uninstalled tree."""
    from importlib import metadata  # noqa: PLC0415 (slow to import, seldom asked)

    try:
        return metadata.version("npu-toolkit")
    except metadata.PackageNotFoundError:
        return "source"


@contextmanager
def warnings_as_lines() -> Generator[None]:
    """Inside, a warning is one line on standard error, without the place in our source, and once.

    A machine's file is read by every pass that needs it; what is odd about it is told once.
    """
    with warnings.catch_warnings():
        for kind in FOR_DEVELOPERS:
            warnings.simplefilter("ignore", kind)
        warnings.simplefilter("always", Notice)  # whatever -W and the environment say
        warnings.showwarning = _show_once()
        yield


def _show_once() -> Callable[..., None]:
    """What takes the place of `warnings.showwarning`."""
    said: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],  # noqa: ARG001 (the interface of warnings.showwarning)
        filename: str,  # noqa: ARG001 (as above)
        lineno: int,  # noqa: ARG001 (as above)
        file: TextIO | None = None,
        line: str | None = None,  # noqa: ARG001 (as above)
    ) -> None:
        text = " ".join(str(message).split())
        if text not in said:
            said.add(text)
            with suppress(OSError):  # a full disk under standard error is no reason to stop
                print(f"warning: {text}", file=file or sys.stderr)

    return show


def _refusal(error: OSError) -> str:
    """What the operating system refused, and on which file."""
    where = f"{error.filename}: " if error.filename else ""
    return bounded(
        f"{where}the operating system refuses: {error.strerror or error}; expected room on the "
        "disk and permission to read and write there"
    )
