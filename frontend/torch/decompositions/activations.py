"""Activations in terms of maxima, minima and exponentials, in which NaN stays NaN."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def silu(x: Tensor) -> Tensor:
    """x / (1 + exp(-x)): multiplying by a sigmoid that is denormal would lose digits."""
    return x / (1.0 + torch.exp(-x))


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """GELU in its exact (erf) or its tanh form."""
    if approximate == "tanh":
        inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * (x * x * x))
        return 0.5 * x * (1.0 + torch.tanh(inner))
    return 0.5 * x * (1.0 + torch.erf(x * math.sqrt(0.5)))


def hardtanh(x: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """``x`` between two bounds, of whole numbers whole ones; ReLU6 is the one from 0 to 6."""
    if not x.is_floating_point():
        min_val, max_val = int(min_val), int(max_val)
    return torch.clamp(x, min_val, max_val)


def hardsigmoid(x: Tensor) -> Tensor:
    """A line from 0 at -3 to 1 at 3."""
    return torch.clamp(x + 3.0, 0.0, 6.0) / 6.0


def hardswish(x: Tensor) -> Tensor:
    """``x`` times its hard sigmoid."""
    return x * torch.clamp(x + 3.0, 0.0, 6.0) / 6.0


def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """The positive part, and the negative one times a slope; one of them is 0."""
    return torch.clamp(x, min=0.0) + torch.clamp(x, max=0.0) * negative_slope


def rrelu(
    x: Tensor,
    noise: Tensor,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: object = None,
) -> tuple[Tensor, Tensor]:
    """Outside of training, a leaky ReLU with the middle slope, and the noise as it was."""
    del generator
    if training:
        return NotImplemented
    return leaky_relu(x, (lower + upper) / 2), noise.clone()


def elu(x: Tensor, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Tensor:
    """The positive part, and alpha * (exp(x) - 1) of the negative one."""
    negative = expm1(torch.clamp(x, max=0.0) * input_scale) * (alpha * scale)
    return torch.clamp(x, min=0.0) * scale + negative


def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """ELU whose slope is 1 on both sides of 0."""
    return elu(x, alpha, 1.0, 1.0 / alpha)


def expm1(x: Tensor) -> Tensor:
    """exp(x) - 1 as tanh(x / 2) * (exp(x) + 1), which loses no digits near 0."""
    return torch.tanh(x * 0.5) * (torch.exp(x) + 1.0)
