"""Independent pieces of work, dealt to as many processes as there are idle processors to run them.

Processes are forked, so that they have what the pieces are made of, and send back plain results. A
piece that fails in another process, or whose process dies, is done again here: errors are raised as
if all were done one behind the other.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from npu.configs.interruption import SIGNALS, cleared_away

LEAST_PIECES = 3
"""Fewer pieces for each process are done sooner than a process starts."""

LOAD = Path("/proc/loadavg")
"""Its fourth word is how many threads run or could, and how many there are: ``2/154``."""

_Result = TypeVar("_Result")


def dealt(work: Callable[[int], _Result], count: int, most: int | None = None) -> list[_Result]:
    """``[work(0), ..., work(count - 1)]``, by `most` processes (or idle processors).

    Results are pickled.
    """
    processes = min(_idle_processors() if most is None else most, count // LEAST_PIECES)
    if processes < 2 or threading.current_thread() is not threading.main_thread():
        return [work(number) for number in range(count)]
    with _helpers(work, count, processes) as helpers:
        known = {number: work(number) for number in range(0, count, processes)}
        for helper in helpers:
            known |= helper.results()
    return [known[number] if number in known else work(number) for number in range(count)]


def _idle_processors() -> int:
    """How many processors this process may use and nothing else does, that it runs on included.

    Where others wait for processors, a share that is dealt away is done later than here, and costs
    a tenth more.
    """
    if sys.platform != "linux":
        return 1
    idle = (os.cpu_count() or 1) - running_elsewhere()
    return max(1, min(idle, len(os.sched_getaffinity(0))))


def running_elsewhere(load: Path = LOAD) -> int:
    """How many threads run or wait for a processor now, without the one that asks."""
    try:
        running, _, _ = load.read_text(encoding="ascii").split()[3].partition("/")
        return max(0, int(running) - 1)
    except (OSError, ValueError, IndexError):  # not told: as if nothing else did
        return 0


@dataclass(frozen=True)
class _Helper:
    """A forked process and the end of a pipe from which its results come."""

    pid: int
    pipe: int

    def results(self) -> dict[int, Any]:
        """Its results by number; none if it died or its work failed."""
        with os.fdopen(self.pipe, "rb", closefd=False) as file:
            data = file.read()
        try:
            found: dict[int, Any] = pickle.loads(data)  # noqa: S301 (our own)
        except (EOFError, pickle.UnpicklingError):
            return {}
        return found

    def kill(self) -> None:
        """Ends it, whatever it does."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Leaves nothing of it."""
        self.kill()
        os.close(self.pipe)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


@contextmanager
def _helpers(work: Callable[[int], Any], count: int, processes: int) -> Generator[list[_Helper]]:
    """Inside, processes other than this one do their share; none is left behind."""
    helpers: list[_Helper] = []
    with cleared_away(partial(_kill_all, helpers)):
        try:
            with suppress(OSError):  # no more processes: what is left undone is done here
                helpers.extend(
                    _fork(work, range(first, count, processes)) for first in range(1, processes)
                )
            yield helpers
        finally:
            for helper in helpers:
                helper.close()


def _kill_all(helpers: list[_Helper]) -> None:
    for helper in helpers:
        helper.kill()


def _fork(work: Callable[[int], Any], numbers: range) -> _Helper:
    """A process that does the pieces `numbers` and ends."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python warns of other threads, whose locks stay shut in the copy: it needs none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        pid = os.fork()
    if pid == 0:
        _serve(work, numbers, writing)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(writing)
    return _Helper(pid, reading)


def _serve(work: Callable[[int], Any], numbers: range, pipe: int) -> None:
    """What the forked process does; it never returns."""
    status = 1
    try:
        for one in SIGNALS:
            signal.signal(one, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        data = pickle.dumps({number: work(number) for number in numbers})
        with os.fdopen(pipe, "wb") as file:
            file.write(data)
        status = 0
    finally:
        os._exit(status)  # pyright: ignore[reportPrivateUsage] (its public name)
