"""A content-addressed cache of tile-function cycles: small JSON files in the user's cache folder.

An entry's name is the sha256 of everything its figure depends on, so nothing is ever stale and
nothing needs clearing. Files are written aside and renamed; each holds its inputs and a checksum,
and one that does not fit is reported, discarded and made anew.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from npu.configs.errors import Notice
from npu.configs.output import open_whole
from npu.runtime.cache_folder import CACHE_VARIABLE, cache_folder


class CacheWarning(Notice):
    """A cache entry was discarded, or the cache cannot be written; the result is right anyway."""


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
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except UnicodeDecodeError:
            _discard(path, "it is not text")
            return None
        except OSError as error:
            _discard(path, error.strerror or str(error))
            return None
        cycles = _checked(text, inputs)
        if cycles is None:
            _discard(path, "its contents do not fit its checksum")
        return cycles

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


def _checked(text: str, inputs: Mapping[str, object]) -> int | None:
    """The cycles in an entry's text, None unless the entry is whole and of these inputs."""
    try:
        loaded: object = json.loads(text)
    except ValueError:
        return None
    if not isinstance(loaded, dict):
        return None
    entry = cast("dict[str, Any]", loaded)
    checksum = entry.pop("checksum", None)
    cycles = entry.get("cycles")
    if checksum != _digest(entry) or _digest(entry.get("inputs")) != _digest(inputs):
        return None
    return cycles if isinstance(cycles, int) and cycles >= 1 else None
