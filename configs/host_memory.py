"""How much memory this process may still use: asked before gigabytes are filled.

The least of what the computer has free, of what the process' control groups still allow, and of
what is left of its own limits (`ulimit -v`, `ulimit -d`). Linux only; elsewhere nothing is known.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")

_KILO = 1024
"""Bytes of the unit that /proc calls kB."""


@dataclass(frozen=True, order=True)
class Room:
    """Bytes that may still be used, and what sets that limit."""

    bytes: int
    limit: str


def memory_room(proc: Path = PROC, groups: Path = GROUPS) -> Room | None:
    """The tightest limit; None where none can be read. Never negative."""
    return min(_rooms(proc, groups), default=None)


def _rooms(proc: Path, groups: Path) -> Iterator[Room]:
    free = _field(proc / "meminfo", "MemAvailable")
    if free is not None:
        yield Room(free * _KILO, "the free memory of this computer")
    yield from _of_groups(proc, groups)
    for number, field, name in (
        (resource.RLIMIT_AS, "VmSize", "ulimit -v"),
        (resource.RLIMIT_DATA, "VmData", "ulimit -d"),
    ):
        most, _ = resource.getrlimit(number)
        used = _field(proc / "self/status", field)
        if most != resource.RLIM_INFINITY and used is not None:
            yield Room(max(0, most - used * _KILO), f"the limit of this process ({name})")


@dataclass(frozen=True)
class _Hierarchy:
    """Where a version of control groups keeps its files."""

    folder: str
    most: str
    used: str
    cache: str
    """The field of memory.stat of pages that are given back when memory is short."""


_HIERARCHIES = {
    "": _Hierarchy("", "memory.max", "memory.current", "inactive_file"),
    "memory": _Hierarchy(
        "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
    ),
}
"""By controller in /proc/self/cgroup: of version 2, which names none, and of version 1."""


def _of_groups(proc: Path, groups: Path) -> Iterator[Room]:
    """What each group around this process allows, from the inmost outwards."""
    for line in _text(proc / "self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            kind = _HIERARCHIES.get(controller)
            if kind is not None:
                yield from _of_path(groups / kind.folder, path, kind)


def _of_path(root: Path, path: str, kind: _Hierarchy) -> Iterator[Room]:
    """A container may not see the groups above its own: those are left out."""
    inner = root / path.strip("/")
    for group in (inner, *inner.parents):
        if not group.is_relative_to(root):
            return
        most, used = (_text(group / name).strip() for name in (kind.most, kind.used))
        if most.isdigit() and used.isdigit():
            held = int(used) - (_field(group / "memory.stat", kind.cache) or 0)
            yield Room(max(0, int(most) - held), "the memory limit of its control group")


def _field(file: Path, name: str) -> int | None:
    """The number behind a name in a file of such lines."""
    found = re.search(rf"^{name}:?\s+(\d+)", _text(file), re.MULTILINE)
    return None if found is None else int(found[1])


def _text(file: Path) -> str:
    """The file's text, empty where it cannot be read."""
    try:
        return file.read_text("utf-8")
    except OSError:
        return ""
