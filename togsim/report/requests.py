"""How long requests took: a request is one run of a graph, from its arrival to its last completion.

Percentiles are by nearest rank: the smallest latency that at least so many percent of the requests
do not exceed. So each is the latency of a request that there was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npu.togsim.report.attribution import Activity, LaunchStats, added, nothing

PERCENTILES = (50, 90, 99)
"""Those that a summary holds."""


@dataclass(frozen=True)
class RequestStats:
    """One run of a graph. Cycles are core cycles."""

    JSON_PROPERTIES = ("latency_cycles", "queueing_cycles")

    number: int
    """From 0 in order of submission."""
    name: str
    """Of the request or model, as given with its launches; the first launch's where they differ."""
    arrival: int
    """The cycle of its arrival: that of the first of its launches to arrive."""
    start: int
    """The cycle in which a core began to decode the first of its launches."""
    end: int
    """The cycle in which its last launch completed."""

    @property
    def latency_cycles(self) -> int:
        """From arrival to end."""
        return self.end - self.arrival

    @property
    def queueing_cycles(self) -> int:
        """From arrival to start."""
        return self.start - self.arrival


@dataclass(frozen=True)
class Distribution:
    """Figures of many requests, in core cycles."""

    mean: float
    """Sum over count."""
    p50: int
    """Half of the requests took no longer: by nearest rank, as all percentiles."""
    p90: int
    """90 % of the requests took no longer."""
    p99: int
    """99 % of the requests took no longer."""
    max: int
    """The longest."""


@dataclass(frozen=True)
class RequestSummary:
    """All requests of one name."""

    name: str
    """As given with their launches."""
    count: int
    """How many they are."""
    latency: Distribution
    """From arrival to end."""
    queueing: Distribution
    """From arrival to start."""
    activity: Activity
    """What all cores did for them."""


def nearest_rank(values: Sequence[int], percent: int) -> int:
    """The smallest of `values`, at least one, that at least `percent` % of them do not exceed."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def requests_of(launches: Sequence[LaunchStats]) -> tuple[RequestStats, ...]:
    """The requests of these launches, in order of submission."""
    return tuple(_request(group) for group in _groups(launches))


def summaries(
    launches: Sequence[LaunchStats], requests: Sequence[RequestStats], whole: Activity
) -> tuple[RequestSummary, ...]:
    """The requests by name, in the order in which the names first occur."""
    by_name: dict[str, list[RequestStats]] = {}
    work: dict[str, Activity] = {}
    for request, group in zip(requests, _groups(launches), strict=True):
        by_name.setdefault(request.name, []).append(request)
        before = work.get(request.name, nothing(whole))
        work[request.name] = added((launch.activity for launch in group), before)
    return tuple(
        RequestSummary(
            name,
            len(group),
            _distribution([request.latency_cycles for request in group]),
            _distribution([request.queueing_cycles for request in group]),
            work[name],
        )
        for name, group in by_name.items()
    )


def _groups(launches: Sequence[LaunchStats]) -> list[list[LaunchStats]]:
    groups: dict[int, list[LaunchStats]] = {}
    for launch in launches:
        groups.setdefault(launch.request_number, []).append(launch)
    return [groups[number] for number in sorted(groups)]


def _request(group: Sequence[LaunchStats]) -> RequestStats:
    return RequestStats(
        number=group[0].request_number,
        name=group[0].request,
        arrival=min(launch.arrival for launch in group),
        start=min(launch.start for launch in group),
        end=max(launch.end for launch in group),
    )


def _distribution(values: Sequence[int]) -> Distribution:
    p50, p90, p99 = (nearest_rank(values, percent) for percent in PERCENTILES)
    return Distribution(sum(values) / len(values), p50, p90, p99, max(values))
