"""Workloads that are models of PyTorch: whole networks (``resnet18_1x3x64x64``) and `blocks`.

Weights are random and the same every time, scaled so that activations keep their size from layer to
layer; statistics of batch norms lie about 0 and 1. The input of a network is BxCxHxW, 1x3x224x224
unless named.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from npu.frontend.eager import expected
from npu.frontend.imported import Imported
from npu.frontend.torch.import_model import import_model
from npu.frontend.workloads.blocks import BLOCKS, Block
from npu.frontend.workloads.halves import TORCH_NAMES
from npu.frontend.workloads.mobilenet import mobilenet_v2
from npu.frontend.workloads.resnet import resnet18, resnet50
from npu.runtime.expected import Expected

NETWORKS: dict[str, Block] = {
    name: Block(lambda _, make=make: make(), lambda sizes: [sizes])
    for name, make in (
        ("mobilenet_v2", mobilenet_v2),
        ("resnet18", resnet18),
        ("resnet50", resnet50),
    )
}
"""Whole networks, on one input."""

MODELS = {**BLOCKS, **NETWORKS}
"""All kinds of `npu.frontend.workloads.forms` that are models."""


def network(
    name: str, sizes: tuple[int, ...], element: str = "f32"
) -> tuple[Imported, Callable[[], Expected]]:
    """The program on random values of a type, and eager PyTorch as its reference."""
    dtype: torch.dtype = getattr(torch, TORCH_NAMES[element])
    model, generator = network_model(name, sizes).to(dtype), _seeded(1)
    shapes = MODELS[name].shapes(sizes)
    inputs = tuple(torch.randn(shape, generator=generator).to(dtype) for shape in shapes)
    program = import_model(model, inputs)
    return program, lambda: expected(model, inputs, program.changes)


def network_model(name: str, sizes: tuple[int, ...]) -> nn.Module:
    """The model with its values, in evaluation; ``sizes`` are the numbers in its name."""
    with torch.device("meta"):
        model = MODELS[name].make(sizes)
    model = model.to_empty(device="cpu").eval()
    generator = _seeded(0)
    with torch.no_grad():
        for part in model.modules():
            _fill(part, generator)
    return model


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _fill(part: nn.Module, generator: torch.Generator) -> None:
    """Give the parameters and buffers of one module their values."""
    if isinstance(part, nn.Conv2d | nn.Linear):
        weight: Tensor = part.weight
        weight.normal_(0, math.sqrt(2 / weight[0].numel()), generator=generator)
        if part.bias is not None:
            part.bias.normal_(0, 0.1, generator=generator)
    elif isinstance(part, nn.BatchNorm2d):
        assert part.running_mean is not None
        assert part.running_var is not None
        assert part.num_batches_tracked is not None
        part.weight.uniform_(0.5, 1, generator=generator)
        part.bias.normal_(0, 0.1, generator=generator)
        part.running_mean.normal_(0, 0.1, generator=generator)
        part.running_var.uniform_(0.75, 1.5, generator=generator)
        part.num_batches_tracked.fill_(1)
    elif isinstance(part, nn.LayerNorm):
        part.weight.uniform_(0.5, 1, generator=generator)
        part.bias.normal_(0, 0.1, generator=generator)
