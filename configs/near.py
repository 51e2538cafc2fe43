"""The known name that a misspelt one was meant to be: a hint is given only where it is near.

Nearness is the number of single mistakes (a letter too many, too few, another one, two exchanged)
between the two, letter case left aside. Another number is no misspelling: `DDR5` and `HBM2_16Gb`
are other things than `DDR4` and `HBM2_8Gb`, however near.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_HINTS = 3
"""Most names that one hint offers; more are equally near only by accident."""

MAX_LENGTH = 64
"""No name of ours is longer, so that a longer one is a misspelling of none."""

_NUMBER = re.compile(r"\d+")


def near_names(given: str, known: Iterable[str]) -> list[str]:
    """The nearest of `known`, in their order; none when no one is near, or too many equally are."""
    if len(given) > MAX_LENGTH:
        return []
    best: list[str] = []
    least = MAX_LENGTH
    for name in dict.fromkeys(known):
        mistakes = _mistakes(given.casefold(), name.casefold(), min(least, _allowed(given, name)))
        if mistakes is not None and name != given:
            best = [*best, name] if mistakes == least else [name]
            least = mistakes
    return best if len(best) <= MAX_HINTS else []


def did_you_mean(given: str, known: Iterable[str], form: str = "'{}'") -> str:
    """`did you mean 'x'?` for the nearest of `known`; empty where none is near.

    `form` is how a name is shown, with `{}` for it.
    """
    names = [form.format(name) for name in near_names(given, known)]
    if not names:
        return ""
    return f"did you mean {' or '.join(filter(None, (', '.join(names[:-1]), names[-1])))}?"


def _allowed(given: str, name: str) -> int:
    """Mistakes that a name of this length may have: none below 3 letters, one more each 6."""
    shorter = min(len(given), len(name))
    return 0 if shorter < 3 or _other_numbers(given, name) else min(3, 1 + shorter // 6)


def _other_numbers(given: str, name: str) -> bool:
    """Whether the numbers in two names differ, but for a last digit written once or twice."""
    left, right = _NUMBER.findall(given), _NUMBER.findall(name)
    if len(left) != len(right):
        return True
    pairs = zip(left, right, strict=True)
    return any(b not in (a, a + a[-1]) and a != b + b[-1] for a, b in pairs)


def _mistakes(given: str, name: str, most: int) -> int | None:
    """The distance of two words if it is at most `most` (optimal string alignment)."""
    if abs(len(given) - len(name)) > most:
        return None
    two_back: list[int] = []
    row = list(range(len(name) + 1))
    for i, a in enumerate(given, start=1):
        new = [i]
        for j, b in enumerate(name, start=1):
            cost = min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == name[j - 2] and given[i - 2] == b:
                cost = min(cost, two_back[j - 2] + 1)
            new.append(cost)
        if min(new) > most:
            return None
        two_back, row = row, new
    return row[-1] if row[-1] <= most else None
