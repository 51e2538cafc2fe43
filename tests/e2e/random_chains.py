"""Random chains of products, elementwise work, softmax and layer norms, of odd sizes."""

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import nn

from tests.e2e.random_nets import Residual

MOST_LAYERS = 6
SIZES = (1, 3, 7, 8, 9, 17, 33, 40)
"""Fewer than an array of 8 has rows, as many, more, and odd ones."""

BETWEEN = ("nn.ReLU()", "nn.GELU()", "nn.Tanh()", "nn.Softmax(-1)", "norm", "Attend()")


class Attend(nn.Module):
    """Rows attend to all rows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = x @ (x * 0.5).mT * x.shape[-1] ** -0.5
        return torch.softmax(scores, -1) @ (x + 1.0)


@dataclass(frozen=True)
class Chain:
    """A drawn chain: the text of its layers, the shape of its input, and what draws values."""

    layers: tuple[str, ...]
    shape: tuple[int, ...]
    seed: int

    def build(self) -> tuple[nn.Module, torch.Tensor]:
        """The chain in eval mode, and its input."""
        torch.manual_seed(self.seed)
        names = {"nn": nn, "Attend": Attend, "Residual": Residual}
        return nn.Sequential(*(eval(text, names) for text in self.layers)).eval(), torch.randn(
            self.shape
        )


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """A chain of two to `MOST_LAYERS` layers."""
    batches = draw(st.sampled_from(((), (1,), (3,))))
    width = draw(st.sampled_from(SIZES))
    shape = (*batches, draw(st.sampled_from(SIZES)), width)
    layers: list[str] = []
    for _ in range(draw(st.integers(2, MOST_LAYERS))):
        if draw(st.booleans()):
            wide = draw(st.sampled_from(SIZES))
            inner = f"nn.Linear({width}, {wide}, bias={draw(st.booleans())})"
            if draw(st.integers(0, 4)) == 0:
                layers.append(f"Residual({inner}, nn.ReLU(), nn.Linear({wide}, {width}))")
            else:
                layers.append(inner)
                width = wide
        else:
            kind = draw(st.sampled_from(BETWEEN))
            layers.append(f"nn.LayerNorm({width})" if kind == "norm" else kind)
    return Chain(tuple(layers), shape, draw(st.integers(0, 2**16)))
