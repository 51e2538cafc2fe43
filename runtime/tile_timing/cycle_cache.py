"""A content-addressed cache of tile-function cycles: small JSON files in the user's cache folder.

An entry's name is the sha256 of everything its figure depends on, so nothing is ever stale and
nothing needs clearing. Files are written aside and renamed; each holds its inputs and a checksum,
and one that does not fit is reported, discarded and made anew.
"""

from __future__ import annotations

import errno
import hashlib
import json
import stat
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from npu.configs.errors import Notice
from npu.configs.output import open_whole
from npu.runtime.cache_folder import CACHE_VARIABLE, cache_folder

_MOST_BYTES = 1 << 20
"""An entry has some kilobytes; a larger one is something else."""


class CacheWarning(Notice):
    """A cache entry was discarded, or the cache cannot be written; the result is right anyway."""


class _CorruptedError(Exception):
    """What is wrong with an entry."""


def _digest(data: object) -> str:
    """The sha256 of plain data in one canonical text."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class TileTimingCache:
    """Cycles by inputs, in `folder`. Several processes may use it: all write the same figures."""

    folder: Path

    @staticmethod
    def default() -> TileTimingCache:
        """The cache in `NPU_CACHE_DIR`, or in the user's cache folder."""
        return TileTimingCache(cache_folder() / "tile-timing")

    def path(self, inputs: Mapping[str, object]) -> Path:
        """Where the entry of these inputs is, or would be."""
        key = _digest(inputs)
        return self.folder / key[:2] / f"{key}.json"

    def get(self, inputs: Mapping[str, object]) -> int | None:
        """The cycles of these inputs, None if they are not known.

        A corrupted entry is reported by a `CacheWarning` naming the file, and removed.
        """
        path = self.path(inputs)
        try:
            return _checked(_read(path), inputs)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except _CorruptedError as error:
            _discard(path, str(error))
            return None
        except OSError as error:
            warnings.warn(
                f"cannot read the tile timing cache {self.folder} ({error.strerror}); tile "
                f"functions are timed again: set {CACHE_VARIABLE} to a folder you can read",
                CacheWarning,
                stacklevel=2,
            )
            return None

    def put(self, inputs: Mapping[str, object], cycles: int) -> None:
        """Remembers `cycles`; a folder that cannot be written is a `CacheWarning`, not an error."""
        path = self.path(inputs)
        entry = {"inputs": inputs, "cycles": cycles}
        text = json.dumps({**entry, "checksum": _digest(entry)}, indent=1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open_whole(path) as file:
                file.write(text.encode())
        except OSError as error:
            warnings.warn(
                f"cannot write the tile timing cache {self.folder} ({error.strerror}); tile "
                f"functions will be timed again next time: set {CACHE_VARIABLE} to a folder you "
                "can write",
                CacheWarning,
                stacklevel=2,
            )


def _discard(path: Path, why: str) -> None:
    """Reports a corrupted entry and removes it, if the file system lets us."""
    warnings.warn(
        f"discarded the corrupted cache entry {path} ({why}); its tile function is timed again",
        CacheWarning,
        stacklevel=3,
    )
    with suppress(OSError):
        path.rmdir() if path.is_dir() else path.unlink()


def _read(path: Path) -> str:
    """The text of an entry. Raises _CorruptedError for what is none, and OSError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _CorruptedError("it is no plain file")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _CorruptedError("its links lead in a ring") from error
        raise
    if len(data) > _MOST_BYTES:
        raise _CorruptedError(f"it is larger than {_MOST_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _CorruptedError("it is not text") from error


def _checked(text: str, inputs: Mapping[str, object]) -> int:
    """The cycles in an entry's text. Raises _CorruptedError unless it is whole, of these inputs."""
    try:
        entry = cast("dict[str, Any]", json.loads(text))
        checksum = entry.pop("checksum")
        cycles: object = entry["cycles"]
        fits = checksum == _digest(entry) and _digest(entry["inputs"]) == _digest(inputs)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise _CorruptedError("its contents are no entry") from error
    if not fits or type(cycles) is not int or cycles < 1:
        raise _CorruptedError("its contents do not fit its checksum")
    return cycles
