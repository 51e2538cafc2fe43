"""A content-addressed cache: small JSON files in the user's cache folder.

An entry's name is the sha256 of everything its value depends on, so nothing is ever stale and
nothing needs clearing. Files are written aside and renamed; each holds its inputs and a checksum,
and one that does not fit is reported, discarded and made anew.
"""

from __future__ import annotations

import errno
import hashlib
import json
import stat
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from npu.configs.errors import Notice
from npu.configs.output import open_whole
from npu.runtime.cache_folder import CACHE_VARIABLE


class CacheWarning(Notice):
    """A cache entry was discarded, or the cache cannot be written; the result is right anyway."""


class _CorruptedError(Exception):
    """What is wrong with an entry."""


def digest(data: object) -> str:
    """The sha256 of plain data in one canonical text."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class EntryCache:
    """Values by inputs, in `folder`. Several processes may use it: all write the same values."""

    folder: Path

    name: str
    """What messages call it."""

    remade: str
    """What is done without an entry, as messages say it: "its tile function is timed again"."""

    holds: str
    """What its values are, as entries call them."""

    fits: Callable[[object], bool]
    """Whether something may be a value of this cache."""

    most_bytes: int = 1 << 20
    """An entry is smaller; a larger one is something else."""

    _told: set[str] = field(default_factory=set[str], compare=False, repr=False)
    """What was said of the folder, once for all entries."""

    def path(self, inputs: Mapping[str, object]) -> Path:
        """Where the entry of these inputs is, or would be."""
        key = digest(inputs)
        return self.folder / key[:2] / f"{key}.json"

    def get(self, inputs: Mapping[str, object]) -> Any:
        """The value of these inputs, None if it is not known.

        A corrupted entry is reported by a `CacheWarning` naming the file, and removed.
        """
        path = self.path(inputs)
        try:
            return self._checked(_read(path, self.most_bytes), inputs)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except _CorruptedError as error:
            self._discard(path, str(error))
            return None
        except OSError as error:
            self._tell(
                f"cannot read the {self.name} {self.folder} ({error.strerror}); without it "
                f"{self.remade}: set {CACHE_VARIABLE} to a folder you can read"
            )
            return None

    def put(self, inputs: Mapping[str, object], value: object) -> None:
        """Remembers `value`; a folder that cannot be written is a `CacheWarning`, not an error."""
        path = self.path(inputs)
        entry = {"inputs": inputs, self.holds: value}
        text = json.dumps({**entry, "checksum": digest(entry)}, indent=1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open_whole(path) as file:
                file.write(text.encode())
        except OSError as error:
            self._tell(
                f"cannot write the {self.name} {self.folder} ({error.strerror}); next time "
                f"{self.remade}: set {CACHE_VARIABLE} to a folder you can write"
            )

    def _tell(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            warnings.warn(message, CacheWarning, stacklevel=3)

    def _checked(self, text: str, inputs: Mapping[str, object]) -> object:
        """The value in an entry's text. Raises _CorruptedError unless it is whole, of `inputs`."""
        try:
            entry = cast("dict[str, Any]", json.loads(text))
            checksum = entry.pop("checksum")
            value: object = entry[self.holds]
            fits = checksum == digest(entry) and digest(entry["inputs"]) == digest(inputs)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise _CorruptedError("its contents are no entry") from error
        if not fits or not self.fits(value):
            raise _CorruptedError("its contents do not fit its checksum")
        return value

    def _discard(self, path: Path, why: str) -> None:
        """Reports a corrupted entry and removes it, if the file system lets us."""
        warnings.warn(
            f"discarded the corrupted cache entry {path} ({why}); {self.remade}",
            CacheWarning,
            stacklevel=3,
        )
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()


def _read(path: Path, most_bytes: int) -> str:
    """The text of an entry. Raises _CorruptedError for what is none, and OSError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _CorruptedError("it is no plain file")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _CorruptedError("its links lead in a ring") from error
        raise
    if len(data) > most_bytes:
        raise _CorruptedError(f"it is larger than {most_bytes} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _CorruptedError("it is not text") from error
