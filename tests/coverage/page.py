"""The page of all outcomes, docs/coverage.md: the same text for the same outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.coverage.outcome import FAULTS, Outcome, State
from tests.coverage.samples import DTYPES

MOST_REASONS = 2
"""Reasons that a row shows."""

MOST_COMMON = 40
"""Reasons in the table of those that keep the most operators out."""


@dataclass
class Tally:
    """The outcomes of one operator with one type, by the number of the sample."""

    outcomes: dict[int, Outcome] = field(default_factory=dict[int, Outcome])

    def count(self, *states: State) -> int:
        """Samples in one of `states`."""
        return sum(one.state in states for one in self.outcomes.values())

    @property
    def is_whole(self) -> bool:
        """Whether every sample is right."""
        return self.count(State.RIGHT) == len(self.outcomes)

    @property
    def kind(self) -> str:
        """Where the totals count it."""
        if self.count(*FAULTS):
            return "wrong"
        if self.is_whole:
            return "right"
        return "partly" if self.count(State.RIGHT) else "refused"

    @property
    def cell(self) -> str:
        """`3/5`, with the number of wrong ones if there are any."""
        faults = self.count(*FAULTS)
        text = f"{self.count(State.RIGHT)}/{len(self.outcomes)}"
        return f"{text}, {faults} wrong" if faults else text


Tallies = Mapping[tuple[str, str], Tally]
"""By (operator, type); without those that have no samples."""

KINDS = ("right", "partly", "refused", "wrong")
"""What an operator is, by its samples."""

HEAD = """\
# Operators of PyTorch

What becomes of the operators in PyTorch's own test database (`op_db` of torch.testing): {most}
of each, compiled for `{machine}`, run on Spike and compared with eager PyTorch in float64 within
what [the value check](value-check.md) allows. Types and shapes must be equal, NaNs and infinities
stand in the same places. Tensors among a sample's arguments are inputs of the model, all others are
constants. Where an operator returns memory as it is (`empty` and its like), only shapes and types
are compared. A *refused* sample ends in one message that says why, and computes nothing.

`make coverage` makes this page, and fails while a sample is wrong. It runs a part with
`make coverage COVERAGE="--only nn.functional.* --dtype float32"` (`python -m tests.coverage.run
--help`); what is known of the same code is kept, so that a run that was stopped goes on.
{earlier}"""


def page(tallies: Tallies, machine: str, most: int | None, one: Sequence[str] = ()) -> str:
    """The text of the page; of the types ``one`` only the first samples were run."""
    dtypes = [one for one in DTYPES if any(dtype == one for _, dtype in tallies)]
    samples = "all samples" if most is None else f"the first {most} samples"
    samples = "the first sample" if most == 1 else samples
    samples = f"{samples} (of {', '.join(one)} the first)" if one else samples
    head = HEAD.format(most=samples, machine=machine, earlier=_earlier(tallies))
    parts = [head, *_totals(tallies, dtypes), "", *_reasons(tallies), "", *_rows(tallies, dtypes)]
    return "\n".join(parts) + "\n"


def _earlier(tallies: Tallies) -> str:
    """A paragraph on the outcomes that other code made, if there are any."""
    found = [one for tally in tallies.values() for one in tally.outcomes.values()]
    count = sum(one.is_earlier for one in found)
    if not count:
        return ""
    return (
        f"\nOf the {len(found):,} samples {count:,} were right with earlier code, and were not run "
        "again with this\n(`--again refused`).\n"
    )


def totals(tallies: Tallies, dtype: str) -> tuple[Counter[str], int, int]:
    """Operators by kind, samples that are right, all samples of a type."""
    found = [tally for (_, one), tally in sorted(tallies.items()) if one == dtype]
    kinds = Counter(tally.kind for tally in found)
    right = sum(tally.count(State.RIGHT) for tally in found)
    return kinds, right, sum(len(tally.outcomes) for tally in found)


def _totals(tallies: Tallies, dtypes: Sequence[str]) -> Iterable[str]:
    yield "| type | operators | all samples right | some right | refused | wrong | samples right |"
    yield "|---|---|---|---|---|---|---|"
    for dtype in dtypes:
        kinds, right, count = totals(tallies, dtype)
        cells = " | ".join(str(kinds[kind]) for kind in KINDS)
        yield f"| {dtype} | {kinds.total()} | {cells} | {right:,} of {count:,} |"


def common_reasons(tallies: Tallies) -> list[tuple[str, int]]:
    """Reasons with the number of operators that they keep out with some type, most first."""
    operators: dict[str, set[str]] = {}
    for (operator, _), tally in tallies.items():
        for one in tally.outcomes.values():
            if one.state is State.REFUSED:
                operators.setdefault(one.reason, set()).add(operator)
    counts = [(reason, len(names)) for reason, names in operators.items()]
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))


def _reasons(tallies: Tallies) -> Iterable[str]:
    yield "## Why operators are refused"
    yield ""
    yield "| reason | operators |"
    yield "|---|---|"
    for reason, count in common_reasons(tallies)[:MOST_COMMON]:
        yield f"| {_plain(reason)} | {count} |"


def _rows(tallies: Tallies, dtypes: Sequence[str]) -> Iterable[str]:
    yield "## One by one"
    yield ""
    yield "Samples right, of how many; without a figure PyTorch does not take the type."
    yield ""
    yield f"| operator | {' | '.join(dtypes)} | why not |"
    yield f"|---|{'---|' * len(dtypes)}---|"
    for operator in sorted({operator for operator, _ in tallies}):
        found = [tallies.get((operator, dtype)) for dtype in dtypes]
        cells = " | ".join("" if one is None else one.cell for one in found)
        why = "; ".join(map(_plain, _why(one for one in found if one is not None)))
        yield f"| {operator} | {cells} | {why} |"


def _why(tallies: Iterable[Tally]) -> list[str]:
    """The reasons of an operator: what is wrong first, then what is most frequent."""
    counts: Counter[tuple[bool, str]] = Counter()
    for tally in tallies:
        for one in tally.outcomes.values():
            if one.state is not State.RIGHT:
                counts[one.state not in FAULTS, one.reason] += 1
    order = sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return [reason for (_, reason), _ in order[:MOST_REASONS]]


def _plain(text: str) -> str:
    """Text in a cell of a table."""
    return text.replace("|", "\\|").replace("<", "\\<").replace("[", "\\[").replace("*", "\\*")
