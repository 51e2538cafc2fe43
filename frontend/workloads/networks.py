"""``resnet18``, ``resnet50``, ``mobilenet_v2``: whole networks, also as ``resnet18_1x3x64x64``.

Weights are random and the same every time, scaled so that activations keep their size from layer to
layer; statistics of batch norms lie about 0 and 1. The input is BxCxHxW, 1x3x224x224 unless named.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from npu.frontend.eager import expected
from npu.frontend.imported import Imported
from npu.frontend.torch.import_model import import_model
from npu.frontend.workloads.mobilenet import mobilenet_v2
from npu.frontend.workloads.resnet import resnet18, resnet50
from npu.runtime.expected import Expected

MAKERS: dict[str, Callable[[], nn.Module]] = {
    "mobilenet_v2": mobilenet_v2,
    "resnet18": resnet18,
    "resnet50": resnet50,
}


def network(name: str, shape: tuple[int, ...]) -> tuple[Imported, Callable[[], Expected]]:
    """The program on random values, and eager PyTorch as its reference."""
    model, inputs = network_model(name), (torch.randn(shape, generator=_seeded(1)),)
    program = import_model(model, inputs)
    return program, lambda: expected(model, inputs, program.changes)


def network_model(name: str) -> nn.Module:
    """The network with its values, in evaluation."""
    with torch.device("meta"):
        model = MAKERS[name]()
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
