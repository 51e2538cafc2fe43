"""Networks by name: what PyTorch computes, in range, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from npu.frontend.source import open_source
from npu.frontend.upstream.client import execute
from npu.frontend.workloads.networks import NETWORKS, network_model

PARAMETERS = {"mobilenet_v2": 3_504_872, "resnet18": 11_689_512, "resnet50": 25_557_032}
"""As published for torchvision's models."""


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_parameters_and_activations(name: str) -> None:
    model = network_model(name, (1, 3, 64, 64))
    assert sum(one.numel() for one in model.parameters()) == PARAMETERS[name]
    again = network_model(name, (1, 3, 64, 64)).state_dict()
    assert all(torch.equal(value, again[key]) for key, value in model.state_dict().items())
    with torch.no_grad():
        logits = model(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
    assert logits.shape == (2, 1000)
    assert 0.1 < float(logits.std()) < 100


def test_a_network_at_stage_0() -> None:
    source = open_source("resnet18_1x3x32x32")
    wanted = source.reference().doubles
    assert wanted is not None
    (found,) = execute(source.text, source.program.values, [w.shape for w in wanted], source.name)
    assert np.abs(found - wanted[0]).max() <= 1e-4 * np.abs(wanted[0]).max()
    assert source.text.count("tensor.pad") == 18
