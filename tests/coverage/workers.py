"""Processes that run samples: one takes an operator after another, and one that dies is replaced.

They are forks of this process, which has imported PyTorch and its database, but computed nothing.
Each keeps a process of upstream MLIR of its own (`npu.frontend.upstream.one_worker`).
"""

from __future__ import annotations

import multiprocessing
import signal
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import Any, cast

import torch

from npu.configs.machine import Machine
from tests.coverage.judge import judged
from tests.coverage.kept import KeptOutcomes
from tests.coverage.outcome import Outcome, State
from tests.coverage.samples import samples_of

_FORKS = multiprocessing.get_context("fork")


AGAIN = ("changed", "refused", "all")
"""What is run though an outcome is known: what other code made, of that what was not right, all."""


@dataclass(frozen=True)
class Work:
    """What is to be done: samples of operators on a machine."""

    machine: Machine
    samples: int | None
    """The first so many of each operator, all with None."""

    one: tuple[str, ...] = ()
    """Types of which only the first sample is run."""

    name: str = ""
    """What the machine was asked for as."""

    again: str = "changed"
    """Which kept outcomes are made anew, one of `AGAIN`."""

    def most(self, dtype: str) -> int | None:
        """How many samples of a type to run at most."""
        return 1 if dtype in self.one else self.samples

    def counts(self, kept: Outcome) -> bool:
        """Whether a kept outcome stands for a run."""
        if self.again == "refused" and kept.state is State.RIGHT:
            return True
        return self.again != "all" and not kept.is_earlier


@dataclass(frozen=True, order=True)
class Task:
    """An operator with a type, from a sample on."""

    operator: str
    dtype: str
    first: int = 0


Report = Callable[[Task, int, Outcome], None]
"""Called with each outcome: task, number of the sample, outcome."""


def outcomes(task: Task, work: Work) -> Iterator[tuple[int, Outcome | None]]:
    """Runs a task here: before each sample (number, None), behind it (number, outcome)."""
    kept = KeptOutcomes(work.machine, work.name)
    for sample in samples_of(task.operator, task.dtype, work.most(task.dtype)):
        if sample.number < task.first:
            continue
        yield sample.number, None
        found = kept.get(sample)
        if found is None or not work.counts(found):
            found = judged(sample, work.machine)
            kept.put(sample, found)
        yield sample.number, found


class Pool:
    """Runs tasks in several processes."""

    def __init__(self, work: Work, report: Report, ended: Callable[[Task], None]) -> None:
        """`report` hears outcomes as they come, `ended` of tasks that are done."""
        self.work, self.report, self.ended = work, report, ended
        self._waiting: deque[Task] = deque()

    def run(self, tasks: Sequence[Task], jobs: int) -> None:
        """Runs `tasks` in `jobs` processes."""
        self._waiting.extend(tasks)
        busy: dict[Connection, _Process] = {}
        try:
            for _ in range(min(jobs, len(tasks))):
                self._start(busy)
            while busy:
                for connection in cast("list[Connection]", wait(list(busy))):
                    self._hear(busy, connection)
        finally:
            for one in busy.values():
                one.end()

    def _start(self, busy: dict[Connection, _Process]) -> None:
        """A process that takes the next task."""
        one = _Process(self.work)
        busy[one.connection] = one
        one.give(self._waiting.popleft())

    def _hear(self, busy: dict[Connection, _Process], connection: Connection) -> None:
        """Takes what a process says; one that has ended a task gets the next."""
        one = busy[connection]
        try:
            said = connection.recv()
        except EOFError:
            self._bury(busy.pop(connection))
            if self._waiting:
                self._start(busy)
            return
        if said is not None:
            one.at, outcome = said
            if outcome is not None:
                self.report(one.task, one.at, outcome)
            return
        self.ended(one.task)
        if self._waiting:
            one.give(self._waiting.popleft())
        else:
            busy.pop(connection).end()

    def _bury(self, one: _Process) -> None:
        """The sample of which a process died is an error; the task goes on behind it."""
        one.end()
        code = one.process.exitcode
        how = signal.Signals(-code).name if code is not None and code < 0 else f"exit {code}"
        said = f"the process died ({how})"
        self.report(one.task, max(one.at, one.task.first), Outcome(State.ERROR, said, said))
        if one.at < one.task.first:  # not of a sample: it would die again
            self.ended(one.task)
        else:
            self._waiting.appendleft(replace(one.task, first=one.at + 1))


class _Process:
    """A process of ours, and what it does."""

    def __init__(self, work: Work) -> None:
        self.connection, other = _FORKS.Pipe()
        self.process: Any = _FORKS.Process(target=_serve, args=(other, work), daemon=True)
        self.process.start()
        other.close()
        self.task = Task("", "")
        self.at = -1

    def give(self, task: Task) -> None:
        """Gives it a task; `at` tells which of its samples runs, and is less before the first."""
        self.task, self.at = task, task.first - 1
        self.connection.send(task)

    def end(self) -> None:
        """Ends it, whatever it does."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def _serve(connection: Connection, work: Work) -> None:
    """Runs the tasks that come, one after another; Ctrl-C is for the process that sends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # samples call what is deprecated
    with suppress(EOFError, BrokenPipeError):
        while True:
            for said in outcomes(connection.recv(), work):
                connection.send(said)
            connection.send(None)
