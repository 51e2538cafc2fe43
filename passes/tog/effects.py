"""The parts of its arguments that a kernel reads and writes: for them launches wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A box of a tensor: in each dimension of its shape the first element and the last."""

    shape: tuple[int, ...]
    ends: tuple[tuple[int, int], ...]

    def meets(self, other: Part) -> bool:
        """Whether elements may be in both; parts of one tensor in two shapes are not told apart."""
        return self.shape != other.shape or all(
            low <= other_high and other_low <= high
            for (low, high), (other_low, other_high) in zip(self.ends, other.ends, strict=True)
        )

    def holds(self, other: Part) -> bool:
        """Whether all elements of `other` are in this one, for certain."""
        if self.shape != other.shape:
            return all((0, n - 1) == end for n, end in zip(self.shape, self.ends, strict=True))
        return all(
            low <= other_low and other_high <= high
            for (low, high), (other_low, other_high) in zip(self.ends, other.ends, strict=True)
        )

    def around(self, other: Part) -> Part:
        """The least box with both, of one tensor in one shape."""
        pairs = zip(self.ends, other.ends, strict=True)
        return Part(self.shape, tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs))


@dataclass(frozen=True)
class Effects:
    """By the number of an argument, the part that a kernel reads, and the part that it writes.

    All that it stores lies in the part, but not all of the part need be stored.
    """

    reads: dict[int, Part] = field(default_factory=dict[int, Part])
    writes: dict[int, Part] = field(default_factory=dict[int, Part])

    def add(self, argument: int, part: Part, *, is_write: bool) -> None:
        """Counts one transfer in."""
        parts = self.writes if is_write else self.reads
        known = parts.get(argument)
        parts[argument] = part if known is None else known.around(part)


@dataclass
class History:
    """What earlier launches did to one tensor, as far as later ones may have to wait for it."""

    writers: list[tuple[int, Part]] = field(default_factory=list[tuple[int, Part]])
    """The launches that wrote it and were not overwritten whole."""

    readers: list[tuple[int, Part]] = field(default_factory=list[tuple[int, Part]])
    """The launches that read what was not overwritten since."""

    def met_by_read(self, part: Part) -> set[int]:
        """Read after write."""
        return {launch for launch, written in self.writers if written.meets(part)}

    def met_by_write(self, part: Part, waits: Sequence[set[int]]) -> set[int]:
        """Write after read, and write after write unless a reader that is met waits for it.

        `waits` says for what each launch waits.
        """
        readers = {launch for launch, read in self.readers if read.meets(part)}
        known = {earlier for reader in readers for earlier in waits[reader]}
        return readers | (self.met_by_read(part) - known)

    def write(self, launch: int, part: Part) -> None:
        """Adds a write; launches that touched nothing beside `part` are waited for through it."""
        self.readers = [one for one in self.readers if not part.holds(one[1])]
        self.writers = [one for one in self.writers if not part.holds(one[1])]
        self.writers.append((launch, part))
