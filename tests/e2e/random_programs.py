"""Random programs: one to eight steps (`random_steps`) on small tensors of odd sizes."""

import re
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import nn

from tests.e2e import random_steps as steps

MOST_STEPS = 8
MOST_ELEMENTS = 600
MOST_RANK = 6
LARGEST = 2.0**20
"""Of exact values: sums and products of the next step stay below 2^24 or are not taken."""

SIZES = (1, 2, 3, 5, 8, 9, 17)

MOVES = (steps.cut, steps.turned, steps.joined, steps.joined, steps.padded, steps.repeated)
CHAIN = (
    *(steps.product, steps.product, steps.function, steps.row_statistic, steps.attended),
    *(steps.elementwise, steps.two),
)
ALL = (
    *(steps.elementwise, steps.two, steps.two, steps.function, steps.converted, steps.chosen),
    *(steps.reduced, steps.reduced, steps.row_statistic, steps.scanned, steps.ordered),
    *(steps.indexed, steps.indexed, steps.product, steps.product, steps.image, steps.image),
    *MOVES,
)
"""Makers of steps; one that is named twice is drawn twice as often."""


@dataclass(frozen=True)
class Drawn:
    """A drawn program: its steps, which values it returns, which of these are exact, its inputs."""

    steps: tuple[str, ...]
    returned: tuple[int, ...]
    exact: tuple[bool, ...]
    shapes: tuple[tuple[int, ...], ...]
    seed: int

    def build(self) -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
        """The program and its inputs."""
        return Program(self, torch.float32), inputs_of(self.shapes, self.seed)

    def expected(self) -> list[torch.Tensor]:
        """The results, computed in float64."""
        inputs = [widened(each) for each in inputs_of(self.shapes, self.seed)]
        with torch.no_grad():
            return list(Program(self, torch.float64)(*inputs))


class Program(nn.Module):
    """Steps as a model."""

    def __init__(self, drawn: Drawn, kind: torch.dtype) -> None:
        super().__init__()
        self.drawn, self.kind = drawn, kind

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        values = list(inputs)
        for step in self.drawn.steps:
            values.append(evaluate(step, values, self.kind))
        return tuple(values[number] for number in self.drawn.returned)


def evaluate(step: str, values: list[torch.Tensor], kind: torch.dtype) -> torch.Tensor:
    """A step of a program whose floats are of `kind`."""
    return eval(step, {"v": values, "torch": torch, "F": F, "FLOAT": kind})


def widened(x: torch.Tensor) -> torch.Tensor:
    return x.double() if x.is_floating_point() else x


def inputs_of(shapes: tuple[tuple[int, ...], ...], seed: int) -> tuple[torch.Tensor, ...]:
    """Small whole numbers: floats, the last tensor of integers."""
    generator = torch.Generator().manual_seed(seed)
    drawn = [torch.randint(-4, 5, shape, generator=generator) for shape in shapes]
    return (*(each.float() for each in drawn[:-1]), drawn[-1].to(torch.int32))


@st.composite
def programs(draw: st.DrawFn, makers=ALL, least: int = 1) -> Drawn:
    """A program of `least` to `MOST_STEPS` steps on two tensors of floats and one of integers."""
    seed, rank = draw(st.integers(0, 2**16)), draw(st.integers(1, 4))
    sizes = SIZES[: 8 - rank]
    shapes = tuple(tuple(draw(st.sampled_from(sizes)) for _ in range(rank)) for _ in range(3))
    inputs = [widened(each) for each in inputs_of(shapes, seed)]
    values = [steps.Value(f"v[{i}]", each, is_exact=True) for i, each in enumerate(inputs)]
    texts: list[str] = []
    for _ in range(draw(st.integers(least, MOST_STEPS))):
        maker = draw(st.sampled_from(makers))
        text = maker(steps.Drawing(draw, values))
        if text is None:
            continue
        found = evaluate(text, [value.tensor for value in values], torch.float64)
        used = [values[int(number)] for number in re.findall(r"v\[(\d+)\]", text)]
        is_exact = all(value.is_exact for value in used)
        is_exact = is_exact and maker not in steps.ROUNDING and "avg_pool" not in text
        if is_taken(found):
            texts.append(text)
            values.append(steps.Value(f"v[{len(values)}]", found, is_exact))
    made = [*range(len(inputs), len(values))] or [0]
    more = draw(st.lists(st.sampled_from(made), max_size=2))
    returned = tuple(dict.fromkeys([made[-1], *more]))
    exact = tuple(values[number].is_exact for number in returned)
    return Drawn(tuple(texts), returned, exact, shapes, seed)


def is_taken(x: torch.Tensor) -> bool:
    """Whether a value is small enough to go on with."""
    if not 0 < x.numel() <= MOST_ELEMENTS or x.dim() > MOST_RANK:
        return False
    size = x.double().abs().max().item()
    return size <= LARGEST  # also false of NaN
