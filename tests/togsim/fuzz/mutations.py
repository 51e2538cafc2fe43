"""Damages a text or a tree of dataclasses as users, editors and disks do."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, cast

WILD_NUMBERS = (
    b"0", b"-1", b"1", b"2", b"9223372036854775808", b"-9223372036854775809", b"1e300", b"-1e300",
    b"NaN", b".nan", b"inf", b".inf", b"-.inf", b"4294967296", b"1099511627777", b"0x10", b"007",
    b"1_000", b"0.5", b"1e3", b"99999999999999999999999999999999", b"abc", b"'7'", b"\"\"", b"null",
    b"true", b"[]", b"{}", b"[1, 2]", b"\xc2\xb2", b"\xd9\xa3",
)  # fmt: skip

_NUMBER = re.compile(rb"(?<![\w.])-?\d[\w.]*")
_TOKEN = re.compile(rb"[\w.]+|[^\w\s]")


def damage(text: bytes, rng: Random) -> bytes:
    """One to three mutations of a text, chosen by `rng`."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = rng.choice(_TEXT_MUTATIONS)(text, rng)
    return text


def _span(text: bytes, rng: Random, longest: int) -> tuple[int, int]:
    begin = rng.randrange(len(text) + 1)
    return begin, min(len(text), begin + rng.randint(1, longest))


def flip_byte(text: bytes, rng: Random) -> bytes:
    if not text:
        return text
    at = rng.randrange(len(text))
    return text[:at] + bytes([text[at] ^ 1 << rng.randrange(8)]) + text[at + 1 :]


def delete_span(text: bytes, rng: Random) -> bytes:
    begin, end = _span(text, rng, 20)
    return text[:begin] + text[end:]


_STRAY_BYTES = (b"\0", b"\xff", b"\t", b"\r\n", b"\xef\xbb\xbf", b"#", b'"', b"{{")


def insert_bytes(text: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(_STRAY_BYTES) + text[at:]


def truncate(text: bytes, rng: Random) -> bytes:
    return text[: rng.randrange(len(text) + 1)]


def _replace_one(
    pattern: re.Pattern[bytes], text: bytes, rng: Random, new: Callable[[], bytes]
) -> bytes:
    found = list(pattern.finditer(text))
    if not found:
        return text
    one = rng.choice(found)
    return text[: one.start()] + new() + text[one.end() :]


def replace_number(text: bytes, rng: Random) -> bytes:
    return _replace_one(_NUMBER, text, rng, lambda: rng.choice(WILD_NUMBERS))


def replace_token(text: bytes, rng: Random) -> bytes:
    tokens = _TOKEN.findall(text)
    return _replace_one(_TOKEN, text, rng, lambda: rng.choice(tokens)) if tokens else text


def delete_token(text: bytes, rng: Random) -> bytes:
    return _replace_one(_TOKEN, text, rng, lambda: b"")


def duplicate_line(text: bytes, rng: Random) -> bytes:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at = rng.randrange(len(lines))
    return b"".join(lines[: at + 1] + lines[at:])


def delete_line(text: bytes, rng: Random) -> bytes:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at = rng.randrange(len(lines))
    return b"".join(lines[:at] + lines[at + 1 :])


def swap_lines(text: bytes, rng: Random) -> bytes:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def nest_deeply(text: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice((b"[", b"{", b"(", b"- ", b"*a ")) * 3000 + text[at:]


_TEXT_MUTATIONS = (
    flip_byte, delete_span, insert_bytes, truncate, replace_number, replace_number, replace_number,
    replace_number, replace_token, replace_token, delete_token, duplicate_line, delete_line,
    swap_lines, nest_deeply,
)  # fmt: skip

WILD_VALUES: tuple[object, ...] = (
    0, -1, 1, 2, 7, 1 << 40, (1 << 40) + 1, 1 << 62, 1 << 63, -(1 << 63) - 1, 1 << 70, 1e300,
    float("nan"), float("inf"), 0.5, "", "x", "\ud800", None, (), [], {}, True, b"7",
)  # fmt: skip


def damage_tree(value: Any, rng: Random) -> Any:
    """A copy of a tree of dataclasses, tuples and mappings with one place replaced."""
    places = list(_places(value, ()))
    path, _ = rng.choice(places)
    _, donor = rng.choice(places)
    return _with(value, path, rng.choice(WILD_VALUES) if rng.random() < 0.7 else donor)


def _children(value: Any) -> list[tuple[Any, Any]]:
    if dataclasses.is_dataclass(value):
        return [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)]
    if isinstance(value, tuple):
        return list(enumerate(value))
    if isinstance(value, Mapping):
        return list(value.items())
    return []


def _places(value: Any, path: tuple[Any, ...]):
    for key, child in _children(value):
        yield (*path, key), child
        yield from _places(child, (*path, key))


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    key, *rest = path
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{key: _with(getattr(value, key), tuple(rest), new)})
    if isinstance(value, tuple):
        return tuple(_with(v, tuple(rest), new) if i == key else v for i, v in enumerate(value))
    items = cast("Mapping[Any, Any]", value).items()
    return {k: _with(v, tuple(rest), new) if k == key else v for k, v in items}


def numbers_in(value: Any):
    """Every number in a tree of dataclasses, sequences and mappings."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from numbers_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield from numbers_in(key)
            yield from numbers_in(child)
    elif isinstance(value, list | tuple | set | frozenset):
        for child in value:
            yield from numbers_in(child)
