"""The launches of a trace, queue by queue, and the requests that they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from npu.togsim.report.attribution import LaunchStats
from npu.togsim.trace.perfetto.slices import Slice


def launch_rows(launches: Sequence[LaunchStats]) -> Iterator[tuple[str, list[Slice]]]:
    """The names of tracks and what stands on them."""
    queues: defaultdict[int, list[Slice]] = defaultdict(list)
    for index, launch in enumerate(launches):
        args: dict[str, int | str] = {
            "launch": index,
            "torch_ops": ", ".join(launch.torch_ops),
            "torch_lines": ", ".join(launch.torch_lines),
            "request": launch.request,
            "arrival_cycle": launch.arrival,
            "ready_cycle": launch.ready,
        }
        queues[launch.queue].append(Slice(launch.start, launch.end, launch.kernel, args))
    for queue in sorted(queues):
        yield ("launches" if queues.keys() == {0} else f"queue {queue}"), queues[queue]
    yield "requests", _requests(launches)


def _requests(launches: Sequence[LaunchStats]) -> list[Slice]:
    """Each run of a graph that has a name, from its first arrival to its last end."""
    runs: defaultdict[tuple[int, str], list[LaunchStats]] = defaultdict(list)
    for launch in launches:
        if launch.request:
            runs[launch.request_number, launch.request].append(launch)
    return [
        Slice(
            min(launch.arrival for launch in run),
            max(launch.end for launch in run),
            name,
            {"request_number": number, "launches": len(run)},
        )
        for (number, name), run in runs.items()
    ]
