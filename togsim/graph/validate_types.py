"""Whether a program is made of the types that its dataclasses state, before its rules are checked.

Programs come from files, whose reader makes nothing else, and from users' Python, which may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, cached_property
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from npu.configs.errors import UserError
from npu.togsim.graph import Launch, Program

_INT64 = 2**63

_Check = Callable[[Any], None]
"""Takes a value; raises _Misfit when it does not fit."""


class _Misfit(Exception):
    """What does not fit; its place is found on the way out, since hardly any value needs one."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.place: list[str] = []


def check_types(value: Program | Launch, cls: type[Program | Launch]) -> None:
    """Raises UserError, naming the place, what stands there, and what was expected of a `cls`."""
    name = cls.__name__.lower()
    try:
        _check_of(cls)(value)
    except _Misfit as misfit:
        place = "".join(reversed(misfit.place))
        raise UserError(f"{name}{place}: {misfit.what}") from None
    except RecursionError:
        raise UserError(
            f"{name}: its loops or expressions are nested too deeply; expected them as "
            "npu-derive-tog makes them"
        ) from None


def _misfit(value: object, expected: str) -> _Misfit:
    shown = ascii(value)
    if len(shown) > 40:
        shown = f"{shown[:40]}..."
    return _Misfit(f"is {shown} ({type(value).__name__}); expected {expected}")


@cache
def _check_of(hint: Any) -> _Check:
    """The check for a type: made once, since a program holds a type many times."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is tuple and arguments[-1] is ...:
        return _sequence(arguments[0])
    if origin is tuple:
        return _fixed(arguments)
    if origin in {Union, UnionType}:
        return _union(arguments)
    if origin is Mapping:
        return _mapping(*arguments)
    assert is_dataclass(hint), hint
    return _structure(hint)


def _int(value: Any) -> None:
    if type(value) is not int:
        raise _misfit(value, "a whole number")
    if not -_INT64 <= value < _INT64:
        raise _Misfit(f"number {value} does not fit 64 bits; expected a smaller one")


def _str(value: Any) -> None:
    if type(value) is not str:
        raise _misfit(value, "a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _misfit(value, "Unicode text") from None


def _bool(value: Any) -> None:
    if type(value) is not bool:
        raise _misfit(value, "True or False")


def _none(value: Any) -> None:
    if value is not None:
        raise _misfit(value, "None")


_PLAIN: Mapping[Any, _Check] = {int: _int, str: _str, bool: _bool, type(None): _none}


class _Late:
    """The checks for types that may hold themselves: looked up at the first use."""

    def __init__(self, hints: Iterable[Any]) -> None:
        self._hints = tuple(hints)

    @cached_property
    def checks(self) -> tuple[_Check, ...]:
        return tuple(_check_of(hint) for hint in self._hints)


def _sequence(hint: Any) -> _Check:
    late = _Late([hint])

    def sequence(value: Any) -> None:
        if type(value) is not tuple:
            raise _misfit(value, "a tuple")
        entries = cast("tuple[Any, ...]", value)
        (check,) = late.checks
        index = 0
        try:
            for index, one in enumerate(entries):  # noqa: B007 (for the handler)
                check(one)
        except _Misfit as misfit:
            misfit.place.append(f"[{index}]")
            raise

    return sequence


def _is_tuple_of(value: Any, length: int) -> bool:
    return type(value) is tuple and len(cast("tuple[Any, ...]", value)) == length


def _fixed(hints: tuple[Any, ...]) -> _Check:
    late = _Late(hints)

    def fixed(value: Any) -> None:
        if not _is_tuple_of(value, len(hints)):
            raise _misfit(value, f"a tuple of {len(hints)}")
        index = 0
        try:
            for index, check in enumerate(late.checks):
                check(value[index])
        except _Misfit as misfit:
            misfit.place.append(f"[{index}]")
            raise

    return fixed


def _union(hints: tuple[Any, ...]) -> _Check:
    names = " or ".join("None" if hint is type(None) else hint.__name__ for hint in hints)
    numbers = {hint: number for number, hint in enumerate(hints)}
    late = _Late(hints)

    def union(value: Any) -> None:
        number = numbers.get(type(value))
        if number is None:
            raise _misfit(value, names)
        late.checks[number](value)

    return union


def _mapping(key_hint: Any, value_hint: Any) -> _Check:
    late = _Late([key_hint, value_hint])

    def mapping(value: Any) -> None:
        if not isinstance(value, Mapping):
            raise _misfit(value, "a mapping")
        check_key, check_value = late.checks
        key: Any = None
        try:
            for key, one in cast("Mapping[Any, Any]", value).items():
                check_key(key)
                check_value(one)
        except _Misfit as misfit:
            misfit.place.append(f"[{ascii(key)[:40]}]")
            raise

    return mapping


def _structure(cls: Any) -> _Check:
    hints = get_type_hints(cls)
    names = tuple(field.name for field in fields(cls))
    late = _Late(hints[name] for name in names)

    def structure(value: Any) -> None:
        if type(value) is not cls:
            raise _misfit(value, cls.__name__)
        name = ""
        try:
            for name, check in zip(names, late.checks, strict=True):
                check(getattr(value, name))
        except _Misfit as misfit:
            misfit.place.append(f".{name}")
            raise

    return structure
