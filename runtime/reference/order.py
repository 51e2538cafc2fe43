"""In which of the allowed orders the instructions of kernels take effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from npu.configs.errors import UserError

Kind = Literal["late", "early", "random"]

Key = Callable[[bool, int, int], tuple[float, ...]]
"""From (is it a transfer's effect, its core, its number in the program) to where it stands."""


@dataclass(frozen=True)
class Order:
    """An adversary: picks the next effect of all that tokens, `after` and interlocks allow.

    `late` lets a transfer take effect only when nothing else can go on, `early` as soon as it
    may, `random` picks among all. What is left open is drawn with `seed`: which of several
    transfers, and whether the cores go side by side or, in a drawn order, one ahead of the other.
    Seed 0 draws no transfer: late takes the newest first, early the oldest.
    """

    kind: Kind
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            expected = ", ".join(get_args(Kind))
            raise UserError(f"there is no order {self.kind!r}; expected one of {expected}")

    def key(self, cores: int) -> Key:
        """The smallest goes first. To be asked once for each effect, when it becomes ready."""
        random = np.random.default_rng(self.seed)
        turns = random.permutation(cores)
        side_by_side = random.random() < 0.5
        later = {"late": 1, "early": -1, "random": 0}[self.kind]
        is_drawn = later == 0 or self.seed != 0

        def key(is_transfer: bool, core: int, number: int) -> tuple[float, ...]:
            turn = 0 if side_by_side else int(turns[core])
            among = random.random() if is_drawn else -later * number
            return (later * is_transfer, turn, among)

        return key


def adversaries(seeds: int = 2) -> tuple[Order, ...]:
    """Late, early and random orders, `seeds` of each."""
    return tuple(Order(kind, seed) for seed in range(seeds) for kind in get_args(Kind))
