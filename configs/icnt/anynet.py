"""The `network_file` of an anynet: `router A node B LATENCY router C LATENCY ...` lines.

A latency is optional and 1 by default. That of a node's link holds both ways. That of
`router A router B` holds from A to B only; the way back is a link of 1 cycle unless another line
gives it, and then a notice says so.
"""

from __future__ import annotations

import warnings

from npu.configs.errors import Notice, UserError, joined
from npu.configs.icnt.model import Anynet, Link
from npu.configs.short import short

MAX_LATENCY = 10_000
"""Of a link in network cycles; more was meant in another unit."""

_FORM = "expected 'router A router B LATENCY' or 'router A node B LATENCY'"


def parse_anynet(text: str, file: str, max_nodes: int) -> Anynet:
    """The network that `text` draws; `file` names it. Raises `UserError` with file and line."""
    drawing = _Drawing(file, max_nodes)
    wrong: list[UserError] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        words = raw.split("//", 1)[0].split()
        try:
            if words:
                drawing.line(words, number)
        except UserError as error:
            wrong.append(error)
    if wrong:
        raise joined(wrong)
    return drawing.finished()


class _Drawing:
    def __init__(self, file: str, max_nodes: int) -> None:
        self._file = file
        self._max = max_nodes
        self._nodes: dict[int, tuple[int, int]] = {}
        self._links: dict[tuple[int, int], int] = {}
        self._routers: set[int] = set()

    def line(self, words: list[str], number: int) -> None:
        """One line: what stands at its head is joined to everything behind it."""
        items: list[tuple[str, int, int | None]] = []
        at = 0
        while at < len(words):
            if words[at] not in ("router", "node") or at + 1 == len(words):
                raise self._error(
                    number, f"'{short(words[at])}' where 'router N' or 'node N' is due"
                )
            index = self._count(words[at + 1], number, self._max - 1)
            latency = None
            if at + 2 < len(words) and words[at + 2] not in ("router", "node"):
                latency = self._count(words[at + 2], number, MAX_LATENCY)
            items.append((words[at], index, latency))
            at += 2 if latency is None else 3
        (kind, head, latency), *others = items
        if latency is not None:
            raise self._error(number, f"a latency {latency} of {kind} {head} itself")
        if kind == "router":
            self._routers.add(head)
        for other, index, length in others:
            if length == 0:
                raise self._error(number, "a link of 0 cycles: a flit takes at least one")
            self._join((kind, head), (other, index), 1 if length is None else length, number)

    def _join(
        self, head: tuple[str, int], other: tuple[str, int], latency: int, number: int
    ) -> None:
        if head[0] == other[0] == "node":
            raise self._error(number, f"node {head[1]} joined to node {other[1]}")
        if head[0] == other[0]:
            self._link(head[1], other[1], latency, number)
            return
        router, node = (head[1], other[1]) if head[0] == "router" else (other[1], head[1])
        if node in self._nodes:
            raise self._error(number, f"node {node} is joined twice")
        self._routers.add(router)
        self._nodes[node] = (router, latency)

    def _link(self, source: int, destination: int, latency: int, number: int) -> None:
        if source == destination:
            raise self._error(number, f"router {source} joined to itself")
        if (source, destination) in self._links:
            raise self._error(number, f"the way from router {source} to {destination} given twice")
        self._routers |= {source, destination}
        self._links[source, destination] = latency

    def finished(self) -> Anynet:
        """The network, when it hangs together."""
        if not self._nodes:
            raise UserError(f"{self._file}: joins no node to a router; {_FORM}")
        for name, found in (("router", self._routers), ("node", set(self._nodes))):
            missing = sorted(set(range(max(found) + 1)) - found)
            if missing:
                raise UserError(
                    f"{self._file}: names {name} {max(found)} but not {name} {missing[0]}; "
                    f"expected {name}s numbered from 0 without gaps"
                )
        self._ways_back()
        links = tuple(
            Link(source=a, destination=b, latency=latency)
            for (a, b), latency in sorted(self._links.items())
        )
        self._check_reach(links)
        nodes = tuple(self._nodes[i] for i in range(len(self._nodes)))
        return Anynet(routers=len(self._routers), nodes=nodes, links=links)

    def _ways_back(self) -> None:
        uneven: list[str] = []
        for (source, destination), latency in list(self._links.items()):
            if (destination, source) in self._links:
                continue
            self._links[destination, source] = 1
            if latency != 1:
                uneven.append(f"router {destination} router {source} {latency}")
        if uneven:
            warnings.warn(
                Notice(
                    f"{self._file}: latencies given one way only; the way back takes 1 cycle, as "
                    f"in BookSim, unless you write '{uneven[0]}'"
                ),
                stacklevel=6,
            )

    def _check_reach(self, links: tuple[Link, ...]) -> None:
        """Every link has a way back, so what router 0 reaches is joined in every direction."""
        neighbours: dict[int, list[int]] = {}
        for link in links:
            neighbours.setdefault(link.source, []).append(link.destination)
        reached, waiting = {0}, [0]
        while waiting:
            for near in neighbours.get(waiting.pop(), []):
                if near not in reached:
                    reached.add(near)
                    waiting.append(near)
        alone = sorted(self._routers - reached)
        if alone:
            raise UserError(
                f"{self._file}: router {alone[0]} has no path to router 0; expected every router "
                f"to reach every other one; add 'router 0 router {alone[0]}' or another link"
            )

    def _count(self, word: str, number: int, highest: int) -> int:
        if word.isascii() and word.isdigit() and len(word) <= 9 and int(word) <= highest:
            return int(word)
        raise self._error(number, f"'{short(word)}' is not a whole number from 0 to {highest}")

    def _error(self, number: int, what: str) -> UserError:
        return UserError(f"{self._file}:{number}: {what}; {_FORM}")
