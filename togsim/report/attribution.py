"""Whose work the cores did: the counters of each launch, summed by kernel and by PyTorch operation.

A core works on one launch at a time, so each of its cycles belongs to one launch or to none, also
where launches overlap on different cores. The parts therefore sum to the whole exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

from npu.togsim.report.stats import (
    ArrayStats,
    DmaStats,
    ExecuteStats,
    FrontStats,
    InstructionCounts,
    MemoryWait,
    VectorStats,
    WorkCounts,
)


@dataclass(frozen=True)
class Activity:
    """What cores did in some of their cycles. States are summed over cores, and over arrays."""

    core_cycles: int
    """Cycles, counted once for each core."""
    front: FrontStats
    """The decoders."""
    execute: ExecuteStats
    """The execute queues."""
    arrays: ArrayStats
    """All arrays together: the states sum to `core_cycles` times the arrays of a core."""
    vector: VectorStats
    """The vector units."""
    dma: DmaStats
    """The DMA engines."""
    instructions: InstructionCounts
    """Instructions decoded."""
    work: WorkCounts
    """What the instructions asked for."""


@dataclass(frozen=True)
class LaunchStats:
    """One launch of a kernel."""

    JSON_PROPERTIES = ("cycles",)

    kernel: str
    """Name of the kernel; ` #1`, ` #2` follow it where several of the run have that name."""
    torch_ops: tuple[str, ...]
    """The PyTorch operations that it computes."""
    torch_lines: tuple[str, ...]
    """Where the source calls them: file and line; the module, too, where that is PyTorch's own."""
    queue: int
    """The launch queue whose cores did it."""
    priority: int
    """As given with the launch."""
    request: str
    """The name of the request or model it belongs to."""
    indices: str
    """Where the indices of its gathers and scatters come from: `recorded` in a run that computed
    values, or a distribution; empty where it has none."""
    request_number: int
    """Which run of a graph it belongs to, from 0 in order of submission."""
    arrival: int
    """The first cycle at its arrival time or after; behind a barrier, one after that if later."""
    ready: int
    """The cycle from which on it could start: arrived, one after all it waits for completed."""
    start: int
    """The cycle in which the first core began to decode it."""
    end: int
    """The cycle at which its last instruction completed."""
    activity: Activity
    """What all cores did for it."""

    @property
    def cycles(self) -> int:
        """From start to end."""
        return self.end - self.start

    @property
    def operation(self) -> str:
        """The PyTorch operations it computes, joined by ` + `; `-` without any."""
        return " + ".join(self.torch_ops) or "-"


@dataclass(frozen=True)
class Attribution:
    """The launches of one kernel, or of one PyTorch operation, together."""

    name: str
    """The kernel's; or the operations, joined by ` + ` where one kernel computes several."""
    launches: int
    """How many they are."""
    cycles: int
    """The launches' cycles, from start to end, summed: overlapping ones count each."""
    share: float
    """Their cores' cycles over those of all cores in the whole run, from 0 to 1."""
    activity: Activity
    """What all cores did for them."""


_Counts = TypeVar("_Counts")


def activity(row: Sequence[int], core_cycles: int) -> Activity:
    """The activity of a row of counters in the simulator's order (`activity.hpp`)."""
    rest = iter(row)

    def take(count: int) -> list[int]:
        return [next(rest) for _ in range(count)]

    front = FrontStats(*take(_width(FrontStats)))
    execute = ExecuteStats(*take(_width(ExecuteStats)))
    array_states = take(_width(ArrayStats) - 1)
    vector = VectorStats(*take(_width(VectorStats)))
    dma_states = take(_width(DmaStats) - 4)
    memory_wait = MemoryWait(*take(_width(MemoryWait)))
    instructions = InstructionCounts(*take(_width(InstructionCounts)))
    work = WorkCounts(*take(_width(WorkCounts)))
    reads, writes, remote = rest
    return Activity(
        core_cycles,
        front,
        execute,
        ArrayStats(*array_states, macs=work.macs),
        vector,
        DmaStats(
            *dma_states,
            memory_wait=memory_wait,
            read_requests=reads,
            write_requests=writes,
            remote_requests=remote,
        ),
        instructions,
        work,
    )


def added(parts: Iterable[Activity], to: Activity) -> Activity:
    """`to` and all `parts`, field by field."""
    for part in parts:
        to = _combine(to, part, 1)
    return to


def without(whole: Activity, parts: Iterable[Activity]) -> Activity:
    """What `whole` has more than all `parts`, field by field."""
    for part in parts:
        whole = _combine(whole, part, -1)
    return whole


def nothing(like: Activity) -> Activity:
    """No activity; `like` is any."""
    return _combine(like, like, -1)


def distinct_names(names: Sequence[str]) -> list[str]:
    """`names` with their occurrence behind those that occur more than once: ` #1`, ` #2`, ...

    Programs that run together may each have a `matmul_0`; their cycles must not be taken for one's.
    """
    counts, seen = Counter(names), Counter[str]()
    distinct: list[str] = []
    for name in names:
        seen[name] += 1
        distinct.append(f"{name} #{seen[name]}" if counts[name] > 1 else name)
    return distinct


def grouped(
    names: Sequence[str], launches: Sequence[LaunchStats], whole: Activity
) -> tuple[Attribution, ...]:
    """The launches summed by their `names`, in the order in which the names first occur."""
    groups: dict[str, list[LaunchStats]] = {}
    for name, launch in zip(names, launches, strict=True):
        groups.setdefault(name, []).append(launch)
    return tuple(_attribution(name, group, whole) for name, group in groups.items())


def _attribution(name: str, group: Sequence[LaunchStats], whole: Activity) -> Attribution:
    total = added((launch.activity for launch in group), nothing(whole))
    share = total.core_cycles / whole.core_cycles if whole.core_cycles else 0.0
    cycles = sum(launch.cycles for launch in group)
    return Attribution(name, len(group), cycles, share, total)


def _width(kind: type[Any]) -> int:
    return len(fields(kind))


def _combine(a: _Counts, b: _Counts, sign: int) -> _Counts:
    values: list[Any] = []
    for field in fields(cast(Any, a)):
        mine, theirs = getattr(a, field.name), getattr(b, field.name)
        number = isinstance(mine, int)
        values.append(mine + sign * theirs if number else _combine(mine, theirs, sign))
    return type(a)(*values)
