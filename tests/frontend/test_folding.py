"""What depends on no input is computed at import; weights stay arguments."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from npu.configs.errors import UserError
from npu.frontend.torch.fold import _digest
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


def test_parts_of_weights_are_constants(agree) -> None:
    model, x = Embedded(), torch.randn(3, 5, 8)
    model.norm.running_var = torch.rand(5) + 0.5
    agree(model, x)
    assert names(model, x) == ["x", "constant0", "constant1", "constant2"]


class Adapted(nn.Module):
    """Weights as they are, weights in other orders, and weights of which others are computed."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.Linear(8, 8)
        self.down = nn.Parameter(torch.randn(2, 8))
        self.up = nn.Parameter(torch.randn(8, 2))
        self.normed = nn.utils.parametrizations.weight_norm(nn.Linear(8, 8, bias=False))
        self.row = nn.Parameter(torch.randn(8))
        self.column = nn.Parameter(torch.randn(5))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.plain.weight + 0.5 * self.up @ self.down
        x = F.linear(x, weight, self.plain.bias) @ self.plain.weight
        return self.normed(x) * (self.column[:, None] * self.row) + self.row.reshape(2, 4).T.sum()


def test_weights_of_which_nothing_is_computed_stay_arguments(agree) -> None:
    model, x = Adapted(), torch.randn(5, 8)
    agree(model, x, tolerance=2e-5)
    found = names(model, x)
    assert {"plain.weight", "plain.bias", "row", "column"} <= set(found)
    assert not {"up", "down"} & set(found)
    assert [name for name in found if name.startswith("constant")] == ["constant0", "constant1"]


class Normed(nn.Module):
    """Two batch norms, one behind the other."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.BatchNorm2d(3), nn.BatchNorm2d(3, affine=False)
        for one in (self.first, self.second):
            one.running_mean, one.running_var = torch.randn(3), torch.rand(3) + 0.5

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))


def test_batch_norms_have_a_scale_and_an_offset(agree) -> None:
    model, x = Normed(), torch.randn(2, 3, 4, 5)
    text = agree(model, x)
    assert "rsqrt" not in text
    _, *found = import_model(model.eval(), (x,)).arguments
    first = {name: value.double() for name, value in model.first.state_dict().items()}
    scale = (first["running_var"] + model.first.eps).rsqrt() * first["weight"]
    offset = first["bias"] - first["running_mean"] * scale
    for wanted, argument in zip((scale, offset), found[:2], strict=True):
        assert argument.is_rounded
        assert torch.equal(torch.as_tensor(argument.value).reshape(-1), wanted.float())
    assert len(found) == 4


class Multiplied(nn.Module):
    """A product with a weight times a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor, self.weight = factor, nn.Parameter(torch.tensor([0.5, 3.0]))

    def forward(self, x: Tensor) -> Tensor:
        return x * (self.weight * self.factor) + torch.arange(2.0)


@pytest.mark.parametrize(("factor", "positions"), [(4.0, ()), (0.1, (1,))])
def test_values_that_are_not_rounded_are_not_called_so(factor, positions) -> None:
    found = import_model(Multiplied(factor), (torch.ones(2),))
    assert len(found.arguments) == 3
    assert found.rounded_positions == positions


def test_weights_without_values_are_folded_without() -> None:
    model, x = Normed().to("meta").eval(), torch.empty(1, 3, 2, 2, device="meta")
    found = import_model(model, (x,)).arguments
    assert len(found) == 5
    with pytest.raises(UserError, match="device meta"):
        _ = found[1].value


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


def test_norms_of_images(agree) -> None:
    x = torch.randn(2, 4, 5, 3)
    agree(nn.BatchNorm2d(4, track_running_stats=False), x)
    agree(nn.GroupNorm(2, 4), x)
    agree(nn.InstanceNorm2d(4, affine=True), x)
    with pytest.raises(UserError, match=r"aten\.instance_norm.*model\.eval"):
        import_model(nn.InstanceNorm2d(4, track_running_stats=True).train(), (x,))


class InTraining(nn.Module):
    """A norm that is called twice, and its running statistics after that; eval() leaves it so."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4, momentum=0.3)

    def train(self, mode: bool = True) -> InTraining:
        del mode
        return super().train(True)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.norm(self.norm(x) * 2 + 3)
        return y, F.batch_norm(x, self.norm.running_mean, self.norm.running_var)


def test_batch_norms_in_training(agree) -> None:
    """What a forward leaves in buffers is read behind it, and is a result behind its own."""
    model = InTraining()
    assert model.norm.num_batches_tracked is not None
    text = agree(model, torch.randn(3, 4, 5, 3) * 2 + 1)
    assert text.split("-> (")[1].split(")")[0].count("tensor<") == 2 + 3


def test_the_same_type_is_no_operation(agree) -> None:
    text = agree(lambda x: x.to(torch.float32).clone().contiguous() * 2, torch.ones(3))
    assert text.count("linalg.generic") == 1


def test_what_stays_is_named_with_its_operator() -> None:
    class Positions(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.igamma(x, x) + torch.special.airy_ai(x)

    with pytest.raises(UserError) as caught:
        import_model(Positions(), (torch.rand(2, 3),))
    for part in ("aten.igamma", "aten.special_airy_ai", "test_folding.py:"):
        assert part in str(caught.value)


def test_a_model_without_inputs_that_reads_none_is_a_constant() -> None:
    class Numbers(nn.Module):
        def forward(self) -> Tensor:
            return torch.arange(1.0, 4.0)

    (argument,) = import_model(Numbers(), ()).arguments
    assert argument.value.tolist() == [1, 2, 3]


def test_values_of_any_stride_are_told_apart() -> None:
    one = torch.tensor(3.0).expand(1)
    assert one.stride() == (0,)
    assert _digest(one) == _digest(torch.tensor([3.0])) != _digest(torch.tensor([2.0]))
