"""The second half of the value check: the program that was compiled is the one that was given.

The grouped program, executed in float64, is compared with what the source says. The two differ by
the rounding of the program's constants to float32, and by the source's own rounding where it
computes in float32. So they must lie within what rounding makes of the program's outputs; that is
measured: the program is executed with every kernel as wrong as rounding allows
(`npu.runtime.rounding.program`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.func import FuncOp

from npu.runtime.accuracy import FINITE, kinds
from npu.runtime.expected import Expected
from npu.runtime.reference.types import element_type
from npu.runtime.rounding.pairs import Doubles
from npu.runtime.rounding.program import at_random, exact_outputs, noisy_outputs, upwards

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Twin:
    """One output in float64, and what rounding makes of it."""

    value: Doubles
    limit: float
    """The most that an output of the program moves when every kernel errs as it may."""
    open: NDArray[np.bool_]
    """Elements that may be anything: rounding decides whether they are numbers, or which integer or
    condition they are."""


@dataclass(frozen=True)
class ProgramCheck:
    """What one output of the program is, against what the source says."""

    twin: Doubles
    """What the output is in float64: by its source, or by the program where the source has none
    or does something else there."""

    open: NDArray[np.bool_]
    """Elements of it that may be anything."""

    limit: float
    """The most that rounding moves an element of it."""

    from_source: bool
    """Whether `twin` is the source's."""

    fault: str | None = None
    """Why the program is not the given one; None when it is."""

    note: str | None = None
    """What is odd about the source's own values."""


def check_program(
    main: FuncOp,
    values: Sequence[NDArray[np.float32]],
    array_size: int,
    expected: Expected,
    rounded_positions: Collection[int] = (),
) -> list[ProgramCheck]:
    """Compares each output of a grouped `@main` on `values` with what the source says.

    The arguments at `rounded_positions` are constants that were rounded to float32.
    """
    twins = twins_of(main, values, array_size, rounded_positions)
    wanted = [source for source in (expected.doubles, expected.singles) if source is not None]
    if any(len(source) != len(twins) for source in wanted):
        fault = f"the program has {len(twins)} outputs, {expected.origin} {len(wanted[0])}"
        return [ProgramCheck(twin.value, twin.open, twin.limit, False, fault) for twin in twins]
    doubles = expected.doubles or [None] * len(twins)
    singles = expected.singles or [None] * len(twins)
    return [
        _judge(twin, double, single, expected.origin)
        for twin, double, single in zip(twins, doubles, singles, strict=True)
    ]


def twins_of(
    main: FuncOp,
    values: Sequence[NDArray[np.float32]],
    array_size: int,
    rounded_positions: Collection[int] = (),
) -> list[Twin]:
    """The outputs of a grouped `@main` in float64, and how far rounding moves them."""
    exact = exact_outputs(main, values, array_size)
    noisy = [
        noisy_outputs(main, values, array_size, signs, rounded_positions)
        for signs in (upwards, at_random(1))
    ]
    last = main.body.block.last_op
    assert last is not None
    whole = [element_type(result.type).kind != "f" for result in last.operands]
    columns = zip(whole, exact, *noisy, strict=True)
    return [_twin(value, moved, is_whole=each) for each, value, *moved in columns]


def _twin(value: Doubles, moved: Sequence[Doubles], *, is_whole: bool) -> Twin:
    """An output in float64, with those of the executions that err.

    Integers and conditions are right or not: those that move may be anything, the others may not
    move at all.
    """
    if is_whole:
        return Twin(value, 0.0, np.logical_or.reduce([other != value for other in moved]))
    here = kinds(value)
    settled = np.logical_and.reduce([kinds(other) == here for other in moved])
    numbers = settled & (here == FINITE)
    distances = [np.abs(other[numbers] - value[numbers]) for other in moved]
    return Twin(value, max(float(d.max(initial=0.0)) for d in distances), ~settled)


@dataclass(frozen=True)
class _Side:
    """An output by one of its sources, beside the program's."""

    name: str
    value: Array
    misplaced: NDArray[np.bool_]
    """Where one is a NaN or an infinity and the other is not the same."""
    difference: float
    """The largest between numbers."""
    at: tuple[int, ...]
    """Where that is."""


def _judge(twin: Twin, double: Array | None, single: Array | None, origin: str) -> ProgramCheck:
    """One output against its source in float64, where there is one, and in float32.

    It may follow either of them: float32 overflows where float64 does not, and a model may do
    something else in float64; on the other hand, float32 kernels have faults of their own.
    """
    given = {f"{origin} in float64": double, f"{origin} in float32": single}
    for name, source in given.items():
        if source is not None and source.shape != twin.value.shape:
            shapes = f"shape {list(source.shape)}, the program {list(twin.value.shape)}"
            return ProgramCheck(twin.value, twin.open, twin.limit, False, f"{name} gives {shapes}")
    sides = [_side(name, twin, source) for name, source in given.items() if source is not None]
    fault = _fault(twin, sides)
    if fault is not None:
        return ProgramCheck(
            sides[0].value.astype(np.float64), twin.open, twin.limit, double is not None, fault
        )
    if double is None:
        return ProgramCheck(twin.value, twin.open, twin.limit, False)
    if sides[0].misplaced.any() or sides[0].difference > twin.limit:
        return ProgramCheck(
            twin.value, twin.open, twin.limit, False, None, _departure(sides[0], twin)
        )
    return ProgramCheck(
        double.astype(np.float64), twin.open, twin.limit, True, None, _oddity(sides)
    )


def _fault(twin: Twin, sides: Sequence[_Side]) -> str | None:
    """Why an output is that of another program; None if it follows one of its sources."""
    astray = np.logical_and.reduce([side.misplaced for side in sides])
    if astray.any():
        return _apart(sides[0], twin, _place(np.argwhere(astray)[0]))
    if any(side.difference <= twin.limit for side in sides):
        return None
    said = _apart(sides[0], twin, sides[0].at)
    return f"{said}; rounding explains a difference of {twin.limit:.2e} at most"


def _side(name: str, twin: Twin, source: Array) -> _Side:
    here, there = kinds(twin.value), kinds(source)
    numbers = (here == FINITE) & (there == FINITE) & ~twin.open
    difference = np.zeros(here.shape)
    difference[numbers] = np.abs(source[numbers].astype(np.float64) - twin.value[numbers])
    largest = float(difference.max(initial=0.0))
    at = _place(np.argwhere(difference == largest)[0]) if difference.size else ()
    return _Side(name, source, (here != there) & ~twin.open, largest, at)


def _place(index: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(i) for i in index)


def _apart(side: _Side, twin: Twin, at: tuple[int, ...]) -> str:
    return (
        f"{side.name} gives {_shown(side.value[at])} at {list(at)}, where the program that was "
        f"compiled gives {_shown(twin.value[at])} in float64"
    )


def _departure(side: _Side, twin: Twin) -> str | None:
    """What to say of a model that computes something else in float64."""
    if side.difference <= twin.limit:
        return None
    return (
        f"{_apart(side, twin, side.at)}; it follows the float32 model, and was compared with that"
    )


def _oddity(sides: Sequence[_Side]) -> str | None:
    """What to say of float32 where it alone has a NaN or an infinity."""
    double, *others = sides
    odd = others[0].misplaced if others else np.zeros((), np.bool_)
    if not odd.any():
        return None
    single, at = others[0], _place(np.argwhere(odd)[0])
    return (
        f"{single.name} gives {_shown(single.value[at])} at {list(at)}, float64 gives "
        f"{_shown(double.value[at])} ({int(odd.sum())} of {odd.size} elements are like that); "
        "float64 counts"
    )


def _shown(value: Any) -> str:
    return f"{float(value):.9g}"
