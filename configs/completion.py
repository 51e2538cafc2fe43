"""Completion of commands in the shell, by the `argcomplete` library (docs/completion.md).

A parser without completers of its own completes options, choices and files.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path

ASKED = "_ARGCOMPLETE"
"""The environment variable by which a shell asks a command what could follow."""

Names = Callable[[], Iterable[str]]
"""What may stand there besides a file; called only when a shell asks."""


def complete(parser: argparse.ArgumentParser) -> None:
    """Answers a shell that asks what could follow, and ends the program; else nothing."""
    if ASKED not in os.environ:
        return
    import argcomplete  # noqa: PLC0415 (only a shell that asks needs it)

    argcomplete.autocomplete(parser)


def names_or_files(action: argparse.Action, names: Names) -> None:
    """Makes an option complete `names`, and files with them."""

    def completer(prefix: str, **_context: object) -> list[str]:
        return [name for name in names() if name.startswith(prefix)] + _files(prefix)

    setattr(action, "completer", completer)  # noqa: B010 (the attribute is argcomplete's)


def listed_names(action: argparse.Action, names: Iterable[str]) -> None:
    """Makes an option complete the last name of a list with commas."""

    def completer(prefix: str, **_context: object) -> list[str]:
        head, comma, last = prefix.rpartition(",")
        return [f"{head}{comma}{name}" for name in names if name.startswith(last)]

    setattr(action, "completer", completer)  # noqa: B010 (as above)


def _files(prefix: str) -> list[str]:
    """Files and folders whose path begins with `prefix`; hidden ones where it names them."""
    head, slash, stem = prefix.rpartition("/")
    try:
        entries = sorted(Path(head + slash or ".").iterdir())
    except OSError:
        return []
    return [
        f"{head}{slash}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in entries
        if entry.name.startswith(stem) and (stem or not entry.name.startswith("."))
    ]
