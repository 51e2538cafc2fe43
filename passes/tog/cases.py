"""Which combinations of sizes occur: exact, without walking every iteration.

The iterations form a box of trip counts. Over a box on which every size is one number there is
one combination; any other box is halved along a dimension the sizes depend on. Full tiles make
few large boxes, so the work grows with the number of partial tiles, not with trip counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from npu.passes.tog.linear import Ranges
from npu.passes.tog.minimum import Minimum, smallest


@dataclass(frozen=True)
class Domain:
    """The values `lower`, `lower + step`, ... of an induction variable, `trips` of them."""

    lower: int
    step: int
    trips: int

    @property
    def ends(self) -> tuple[int, int]:
        """Smallest and largest value; of an empty domain, twice the lower bound."""
        return self.lower, self.lower + max(self.trips - 1, 0) * self.step

    def halves(self) -> tuple["Domain", "Domain"]:
        """The first and the second half of at least two values."""
        first = self.trips // 2
        second = Domain(self.lower + first * self.step, self.step, self.trips - first)
        return Domain(self.lower, self.step, first), second


def ranges_of(domains: Mapping[int, Domain]) -> Ranges:
    """The ranges of the induction variables."""
    return {iv: domain.ends for iv, domain in domains.items()}


def combinations(sizes: Sequence[Minimum], domains: Mapping[int, Domain]) -> list[tuple[int, ...]]:
    """Every combination of values that `sizes` take together over the domains, sorted."""
    if any(domain.trips < 1 for domain in domains.values()):
        return []
    needed = sorted({iv for size in sizes for iv in size.ivs()})
    return sorted(set(_boxes(list(sizes), {iv: domains[iv] for iv in needed})))


def _boxes(sizes: list[Minimum], box: dict[int, Domain]) -> Iterator[tuple[int, ...]]:
    """The combinations over one box, some of them repeatedly."""
    ranges = ranges_of(box)
    here = [smallest(size.forms, ranges, clamped=size.clamped) for size in sizes]
    ends = [size.bounds(ranges) for size in here]
    free = {
        iv for size, (low, high) in zip(here, ends, strict=True) if low < high for iv in size.ivs()
    }
    if not free:
        yield tuple(low for low, _ in ends)
        return
    widest = max(sorted(free), key=lambda iv: box[iv].trips)
    for half in box[widest].halves():
        yield from _boxes(here, {**box, widest: half})
