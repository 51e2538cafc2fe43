"""Reads a text that a user wrote, whole; what cannot be read is told in one message."""

from __future__ import annotations

from pathlib import Path

from npu.configs.errors import UserError

MAX_BYTES = 1 << 20
"""A description has some kilobytes; a larger file is something else."""


def read_text(path: Path, expected: str, most: int = MAX_BYTES, kind: str = "file") -> str:
    """The text of `path`, without a byte order mark. `expected` says what it should be.

    Raises `UserError` for a file that is not there, no text, or larger than `most` bytes.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            raise UserError(f"{path}: is larger than {most:,} bytes; expected {expected}")
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such {kind}; expected {expected}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}:{line}: cannot be read (byte {error.object[error.start]:#04x} is no UTF-8); "
            f"expected {expected}"
        ) from None
    except (OSError, ValueError) as error:  # a null character in the name is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read ({reason}); expected {expected}") from error
