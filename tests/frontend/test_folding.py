"""What depends on no input is computed at import; weights stay arguments."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from npu.configs.errors import UserError
from npu.frontend.torch.import_model import import_model


class Rotary(nn.Module):
    """Values turned by a table of angles, as language models have it."""

    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("frequencies", 1 / 100 ** (torch.arange(4) / 4), persistent=False)
        self.scale = nn.Parameter(torch.ones(8))

    def forward(self, x: Tensor) -> Tensor:
        positions = torch.arange(x.shape[-2], dtype=torch.int64)
        angles = positions[:, None].float() * self.frequencies
        cosine = torch.cat((angles, angles), -1).cos()
        return x * cosine.to(x.dtype) * self.scale


class Embedded(nn.Module):
    """Learned positions, a part of a weight, and running statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = nn.Embedding(16, 8)
        self.projection = nn.Parameter(torch.randn(24, 8))
        self.norm = nn.BatchNorm1d(5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x + self.positions(torch.arange(x.shape[-2])))
        return F.linear(x, self.projection.chunk(3)[1])


class Masked(nn.Module):
    """Causal attention, three times."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = F.scaled_dot_product_attention(x, x, x, is_causal=True)
        return x


def names(model: nn.Module, *inputs: Tensor) -> list[str]:
    return [argument.name for argument in import_model(model.eval(), inputs).arguments]


def test_tables_are_constants(agree) -> None:
    agree(Rotary(), torch.randn(2, 5, 8))
    assert names(Rotary(), torch.randn(2, 5, 8)) == ["scale", "x", "constant0"]


def test_weights_stay_arguments(agree) -> None:
    model, x = Embedded(), torch.randn(3, 5, 8)
    agree(model, x)
    found = names(model, x)
    assert {"norm.weight", "norm.running_var"} <= set(found)
    assert found[-3:] == ["x", "constant0", "constant1"]


def test_equal_constants_are_one() -> None:
    assert names(Masked(), torch.randn(1, 5, 8)) == ["x", "constant0"]


def test_constants_of_one_value_are_fills(agree) -> None:
    text = agree(lambda x: x * torch.ones(8).cumsum(0).sum() + torch.zeros(8), torch.randn(3, 8))
    assert "%constant" not in text


def test_attention(agree) -> None:
    q, k, v = torch.randn(2, 6, 5, 8), torch.randn(2, 2, 7, 8), torch.randn(2, 2, 7, 4)
    mask = torch.arange(35).reshape(5, 7) % 3 > 0
    mask[2] = False
    attention = F.scaled_dot_product_attention
    agree(lambda q: attention(q, q, q, is_causal=True, scale=0.3), q)
    agree(lambda q, k, v: attention(q, k, v, enable_gqa=True), q, k, v)
    agree(lambda q, k, v: attention(q, k, v, attn_mask=mask, enable_gqa=True), q, k, v)


ACTIVATIONS = {
    "hardtanh": F.hardtanh,
    "relu6": F.relu6,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "leaky_relu": F.leaky_relu,
    "leaky_relu_steep": lambda x: F.leaky_relu(x, 1.5),
    "elu": lambda x: F.elu(x, 1.3),
    "selu": F.selu,
    "celu": lambda x: F.celu(x, 0.7),
}


def test_activations(agree) -> None:
    special = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-6, -1e-6, 3.0, -3.0, 6.0, 100.0, -100.0]
    agree(lambda x: tuple(f(x) for f in ACTIVATIONS.values()), torch.tensor(special))


def test_repeated_pixels(agree) -> None:
    x = torch.randn(2, 3, 4, 5)
    agree(lambda x: (F.interpolate(x, scale_factor=2.0), F.interpolate(x, (8, 15))), x)
    with pytest.raises(UserError, match=r"aten\.upsample_nearest2d"):
        names(nn.Upsample(scale_factor=1.5), torch.randn(2, 3, 4, 6))


def test_norms_of_images(agree) -> None:
    x = torch.randn(2, 4, 5, 3)
    agree(nn.BatchNorm2d(4, track_running_stats=False), x)
    agree(nn.GroupNorm(2, 4), x)
    agree(nn.InstanceNorm2d(4, affine=True), x)
    with pytest.raises(UserError, match=r"model\.eval"):
        import_model(nn.BatchNorm2d(4).train(), (x,))


def test_the_same_type_is_no_operation(agree) -> None:
    text = agree(lambda x: x.to(torch.float32).clone().contiguous() * 2, torch.ones(3))
    assert text.count("linalg.generic") == 1


def test_what_stays_is_named_with_its_operator() -> None:
    class Positions(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, torch.tensor([2, 0, 1])] + torch.log(x)

    with pytest.raises(UserError) as caught:
        import_model(Positions(), (torch.rand(2, 3),))
    for part in ("aten.index", "aten.log", "test_folding.py:"):
        assert part in str(caught.value)
