"""Lets recorded moments pass in an order of the adversary's choice."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

from npu.runtime.reference.order import Key
from npu.runtime.reference.queues.moments import Moment


def run(moments: Iterable[Moment], key: Key) -> None:
    """All effects, one at a time. A moment without effect passes as soon as it can."""
    ready: list[tuple[tuple[float, ...], int, Moment]] = []
    count = 0
    passing = [moment for moment in moments if not moment.waits]
    while passing or ready:
        while passing:
            moment = passing.pop()
            if moment.effect is None:
                passing += _pass(moment)
            else:
                count += 1
                place = key(moment.is_transfer, moment.core, moment.number)
                heappush(ready, (place, count, moment))
        if ready:
            moment = heappop(ready)[2]
            assert moment.effect is not None
            moment.effect()
            passing += _pass(moment)


def _pass(moment: Moment) -> list[Moment]:
    """Those that can go on now."""
    free: list[Moment] = []
    for follower in moment.followers:
        follower.waits -= 1
        if not follower.waits:
            free.append(follower)
    return free
