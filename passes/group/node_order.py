"""An order of the nodes of a growing graph in which each comes behind the nodes that it needs.

It answers whether one node needs another without walking the whole graph: what stands ahead of a
node in the order cannot need it, and between the two only what stands between them is looked at.
A need that runs against the order moves what it concerns (Pearce and Kelly, "A dynamic
topological sort algorithm for directed acyclic graphs", 2007).
"""

from __future__ import annotations


class NodeOrder:
    """Nodes are numbered from 0 as they are added; `needs[n]` are those that `n` needs directly."""

    def __init__(self) -> None:
        self.needs: list[set[int]] = []
        self._needed_by: list[set[int]] = []
        self._position: list[int] = []

    def add(self) -> int:
        """A new node, which needs nothing yet."""
        number = len(self.needs)
        self.needs.append(set())
        self._needed_by.append(set())
        self._position.append(number)
        return number

    def reaches(self, start: int, goal: int) -> bool:
        """Whether node `start` needs node `goal`, directly or through others, or is it."""
        return goal in self._between(start, goal)

    def need(self, node: int, other: int) -> None:
        """Makes `node` need `other`, which must not reach `node`."""
        if other == node or other in self.needs[node]:
            return
        if self._position[other] > self._position[node]:
            self._move(node, other)
        self.needs[node].add(other)
        self._needed_by[other].add(node)

    def _between(self, start: int, goal: int) -> set[int]:
        """The nodes that `start` needs, as far as they do not stand ahead of `goal`."""
        return self._reach(start, self.needs, self._position[goal], self._position[start])

    def _reach(self, start: int, edges: list[set[int]], low: int, high: int) -> set[int]:
        """What can be reached from `start` at positions from `low` to `high`."""
        found: set[int] = set()
        pending = [start] if low <= self._position[start] <= high else []
        while pending:
            number = pending.pop()
            if number not in found:
                found.add(number)
                pending += (n for n in edges[number] if low <= self._position[n] <= high)
        return found

    def _move(self, node: int, other: int) -> None:
        """Puts `other` and what it needs ahead of `node` and what needs that."""
        low, high = self._position[node], self._position[other]
        first = self._reach(other, self.needs, low, high)
        last = self._reach(node, self._needed_by, low, high)
        moved = [*sorted(first, key=self._place), *sorted(last, key=self._place)]
        places = sorted(map(self._place, moved))
        for number, place in zip(moved, places, strict=True):
            self._position[number] = place

    def _place(self, number: int) -> int:
        return self._position[number]
