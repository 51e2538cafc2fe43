"""One sample through the compiler and Spike, beside eager PyTorch."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.frontend.eager import copied, expected
from npu.frontend.torch.import_model import import_model
from npu.runtime.accuracy import FINITE, kinds
from npu.runtime.compiler import compile_text
from npu.runtime.expected import Expected
from npu.runtime.progress import StageClock
from npu.runtime.session import spike_run
from npu.runtime.spike.trap import SpikeTrap
from npu.runtime.value_check import check_values
from tests.coverage.outcome import Outcome, State
from tests.coverage.reasons import shortened
from tests.coverage.samples import Sample

LIMIT = 60.0
"""Seconds of this process that a sample may take."""

UNDEFINED = frozenset(
    {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided"}
)
"""Operators whose values are whatever was in memory: shapes and types are compared."""

NEAR, BESIDE = 1e-5, 1e-6
"""A float is right at once when it is so near the one in float64, relative to it, or to the largest
of its tensor. What is not is left to the value check, which knows what rounding does."""


class TooSlow(BaseException):
    """A sample has taken its time."""


def judged(sample: Sample, machine: Machine, limit: float = LIMIT) -> Outcome:
    """Runs a sample; whatever happens becomes its outcome."""
    try:
        with _limited(limit):
            return _judged(sample, machine)
    except TooSlow:
        return Outcome(State.REFUSED, f"too slow: more than {limit:g} s of processor time")
    except SpikeTrap as trap:
        return Outcome(State.ERROR, shortened(str(trap)), str(trap))
    except UserError as error:
        return Outcome(State.REFUSED, shortened(str(error)), str(error))
    except Exception as error:  # a fault of ours, which the page names
        said = traceback.format_exception_only(error)[-1]
        return Outcome(State.ERROR, shortened(said), traceback.format_exc())


def _judged(sample: Sample, machine: Machine) -> Outcome:
    imported = import_model(sample.model, sample.inputs)
    program = compile_text(imported.source, machine)
    run = spike_run(program, imported.values, StageClock())
    wanted = expected(sample.model, tuple(map(copied, sample.inputs)), imported.changes)
    if list(imported.output_types) != list(wanted.types):
        given = ", ".join(imported.output_types)
        return _wrong(f"types {given}, expected {', '.join(wanted.types)}")
    shapes = [list(one.shape) for one in wanted.singles or ()]
    if [list(one.shape) for one in run.outputs] != shapes:
        given = ", ".join(str(list(one.shape)) for one in run.outputs)
        return _wrong(f"shapes {given}, expected {', '.join(map(str, shapes))}")
    if sample.operator in UNDEFINED or _agree(run.outputs, wanted):
        return Outcome(State.RIGHT)
    check = check_values(program, imported.values, run, wanted, imported.rounded_positions)
    return Outcome(State.RIGHT) if check.passed else _wrong(str(check.first_fault))


def _wrong(what: str) -> Outcome:
    return Outcome(State.WRONG, shortened(what), what)


def _agree(outputs: Sequence[NDArray[Any]], wanted: Expected) -> bool:
    """Whether all outputs are near those in float64 (in float32 where there are none)."""
    right = wanted.singles if wanted.doubles is None else wanted.doubles
    return all(map(_near, outputs, right or ()))


def _near(output: NDArray[Any], right: NDArray[Any]) -> bool:
    if output.dtype.kind != "f":
        return bool(np.array_equal(output, right))
    here, there = kinds(output), kinds(right)
    if not np.array_equal(here, there):
        return False
    numbers = there == FINITE
    found, exact = output[numbers].astype(np.float64), right[numbers].astype(np.float64)
    size = np.abs(exact)
    room = NEAR * size + BESIDE * size.max(initial=0.0)
    return bool((np.abs(found - exact) <= room).all())


@contextmanager
def _limited(seconds: float) -> Generator[None]:
    """Inside, `TooSlow` is raised after so much processor time; ten times that on the wall."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TooSlow

    start = time.process_time()
    timers = {signal.SIGPROF: signal.ITIMER_PROF, signal.SIGALRM: signal.ITIMER_REAL}
    before = {number: signal.signal(number, stop) for number in timers}
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, 10 * seconds)
        yield
        if time.process_time() - start > seconds:  # a call into a library heard no signal
            raise TooSlow
    finally:
        for number, timer in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])
