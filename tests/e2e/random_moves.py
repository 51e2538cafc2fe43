"""Random programs of views, joins, padding and elementwise work on small tensors of odd sizes.

A step is the text of an expression of the values `v` so far; it is drawn to fit their shapes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import nn

MOST_STEPS = 7
MOST_ELEMENTS = 600
SIZES = (1, 2, 3, 5, 8, 9)
ELEMENTWISE = ("{} * 2.0", "{}.relu()", "{} - 1.0", "-{}", "{}.abs()")
BORDERS = ("constant", "reflect", "replicate", "circular")


@dataclass(frozen=True)
class Moves:
    """A drawn program: its steps, the shapes of its inputs, and what draws values."""

    steps: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    seed: int

    def build(self) -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
        """The program, whose last values are its results, and its inputs."""
        generator = torch.Generator().manual_seed(self.seed)
        return Program(self.steps), tuple(
            torch.randn(shape, generator=generator) for shape in self.shapes
        )


class Program(nn.Module):
    """Steps as a model."""

    def __init__(self, steps: tuple[str, ...]) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        values = run(self.steps, list(inputs))
        return tuple(values[-2:])


def run(steps, values):
    """All values of a program."""
    for step in steps:
        values.append(eval(step, {"v": values, "torch": torch, "F": F}))
    return values


@st.composite
def moves(draw: st.DrawFn) -> Moves:
    """A program of two to `MOST_STEPS` steps on two tensors."""
    rank = draw(st.integers(1, 4))
    shapes = tuple(
        tuple(draw(st.sampled_from(SIZES[: 6 - rank])) for _ in range(rank)) for _ in range(2)
    )
    values = [torch.zeros(shape) for shape in shapes]
    steps: list[str] = []
    for _ in range(draw(st.integers(2, MOST_STEPS))):
        # what was made last is read more often than not
        at = draw(st.sampled_from([len(values) - 1, *range(len(values))]))
        make = draw(st.sampled_from((elementwise, cut, turned, joined, joined, padded, repeated)))
        step = make(draw, f"v[{at}]", values[at])
        made = eval(step, {"v": values, "torch": torch, "F": F})
        if 0 < made.numel() <= MOST_ELEMENTS and made.dim() <= 5:
            steps.append(step)
            values.append(made)
    return Moves(tuple(steps), shapes, draw(st.integers(0, 2**16)))


def elementwise(draw, name, x):  # noqa: ARG001 (one of several)
    return draw(st.sampled_from(ELEMENTWISE)).format(name)


def cut(draw, name, x):
    dim = draw(st.integers(0, x.dim() - 1)) if x.dim() else None
    if dim is None:
        return f"{name}.reshape(1)"
    start = draw(st.integers(0, x.shape[dim] - 1))
    step = draw(st.integers(1, 3))
    if draw(st.booleans()):
        return f"{name}.select({dim}, {start})"
    return f"{name}[{':, ' * dim}{start}::{step}]"


def turned(draw, name, x):
    order = draw(st.permutations(range(x.dim())))
    some = [dim for dim in range(x.dim()) if draw(st.booleans())]
    shift = draw(st.integers(-4, 4))
    return draw(
        st.sampled_from(
            (
                f"{name}.permute({list(order)})",
                f"{name}.flip({some})",
                f"{name}.permute({list(order)}).reshape(-1)",
                f"{name}.roll({shift})",
                f"{name}.unsqueeze({draw(st.integers(0, x.dim()))})",
            )
        )
    )


def joined(draw, name, x):
    other = draw(st.sampled_from((*(text.format(name) for text in ELEMENTWISE), name)))
    dim = draw(st.integers(0, max(0, x.dim() - 1)))
    if not x.dim() or draw(st.booleans()):
        return f"torch.stack([{name}, {other}], {dim})"
    part = f"{name}[{':, ' * dim}:{draw(st.integers(0, x.shape[dim]))}]"
    return f"torch.cat([{part}, {other}, {name}], {dim})"


def padded(draw, name, x):
    if not x.dim():
        return f"{name}.reshape(1)"
    mode = draw(st.sampled_from(BORDERS))
    extent = x.shape[-1]
    most = {"constant": 3, "reflect": extent - 1, "replicate": 3, "circular": extent}[mode]
    widths = [draw(st.integers(0, min(3, most))) for _ in range(2)]
    # these modes want one or two dimensions in front
    flat = f"{name}.reshape(1, -1, {extent})" if mode != "constant" else name
    return f"F.pad({flat}, {widths}, mode={mode!r})"


def repeated(draw, name, x):
    counts = [draw(st.sampled_from((1, 1, 2, 3))) for _ in range(max(1, x.dim()))]
    if x.dim() and draw(st.booleans()):
        size = draw(st.integers(1, x.shape[-1]))
        return f"{name}.unfold(-1, {size}, {draw(st.integers(1, 2))})"
    return f"{name}.repeat({counts})"
