"""Tensors at the borders of what a tensor is: rank 0, no elements, constants, results as given."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

INF, NAN = float("inf"), float("nan")

FUNCTIONS = {
    "rank0-elementwise": (lambda s: (s + 1, -s, s.relu(), s), ()),
    "rank0-reductions": (
        lambda s: (s.mean(), s.sum(-1, keepdim=True), s.amax(0), s.softmax(0), s.var(correction=0)),
        (),
    ),
    "rank0-shapes": (
        lambda s: (s.reshape(1, 1), s.expand(2, 3), s.squeeze(), s.unsqueeze(0) + 1, s.t()),
        (),
    ),
    "rank0-operand": (lambda x, s: (x * s, s - x, (x @ x.t()) * s), (4, 3), ()),
    "to-rank0": (lambda x: (x.sum(), x.mean(), x.amax(), x.max() - x.min(), x / x.sum()), (4, 3)),
    "from-one-element": (lambda x: (x.reshape(()), x.reshape(()) * 2, x.squeeze()), (1, 1)),
    "loss": (F.mse_loss, (9, 7), (9, 7)),
    "sum-of-many": (lambda x: x.sum(), (300, 701)),
    "dot": (lambda x, y: (x @ y, torch.dot(x, y + 1)), (7,), (7,)),
    "vectors": (lambda x, y: (x @ y, y @ x.t()), (4, 3), (3,)),
    "softmax-1d": (lambda x: x.softmax(0), (7,)),
    "empty-reductions": (
        lambda x: (x.mean(-1), x.sum(), x.sum(-1, keepdim=True), x.sum(0)),
        (3, 0),
    ),
    "empty-results": (lambda x: (x + 1, x.softmax(-1), x.t(), x.reshape(0, 7), x), (3, 0)),
    "empty-k": (lambda x, y: (x @ y + 1, (x @ y).relu()), (3, 0), (0, 4)),
    "empty-m": (lambda x, y: x @ y, (0, 3), (3, 4)),
    "empty-batch-k": (lambda x, y: x @ y, (2, 3, 0), (2, 0, 4)),
    "empty-keys": (lambda q, k: F.scaled_dot_product_attention(q, k, k), (2, 3, 8), (2, 0, 8)),
    "constant-results": (lambda x: (x + 1, torch.zeros_like(x), torch.full((3,), 2.5)), (4, 3)),
    "constant-views": (lambda _: (torch.ones(3, 4).t(), torch.ones(1, 4).expand(3, 4)), (1,)),
    "constant-products": (lambda x: (torch.ones(3, 4) @ x, x @ torch.full((3, 2), 0.5)), (4, 3)),
    "constant-reductions": (
        lambda _: (torch.ones(3, 4).softmax(-1), torch.ones(3, 4).sum(0)),
        (1,),
    ),
    "constant-rank0": (lambda s: (torch.full((), 2.5), s * torch.full((), 2.5)), ()),
    "constant-list": (lambda x: x + torch.tensor([1.0, 2.0, 3.0]), (4, 3)),
    "minus-infinity": (lambda x: (x + torch.full_like(x, -INF), torch.full_like(x, -INF)), (2, 3)),
    "infinite-bounds": (
        lambda x: (torch.maximum(x, torch.full((2, 3), -INF)), x.clamp(-INF, INF)),
        (2, 3),
    ),
    "nan": (lambda x: (x * torch.full((2, 3), NAN), torch.full((3,), NAN)), (2, 3)),
    "beyond-f32": (lambda x: (x + 1e300, x - 1e39, x * 1e-300), (2, 3)),
    "long-integers": (lambda x: (x * 1234567.0, x + 2**62, x * (2**53 + 1)), (2, 3)),
    "argument-as-result": (lambda x: (x, x + 1, x), (4, 3)),
    "result-twice": (lambda x: ((y := x + 1), y, y.reshape(3, 4)), (4, 3)),
    "views-as-results": (lambda x: (x.reshape(12), x.t(), x.expand(2, 4, 3)), (4, 3)),
}


class Scaled(nn.Module):
    """A linear layer with a learned scale of rank 0."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 5)
        self.scale = nn.Parameter(torch.full((), 0.7), requires_grad=False)

    def forward(self, x):
        return self.linear(x) * self.scale, self.scale


def with_statistics(norm):
    """The module with running statistics that do something."""
    generator = torch.Generator().manual_seed(3)
    for name, buffer in norm.named_buffers():
        if name in {"running_mean", "running_var"}:
            buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
    return norm


MODULES = {
    "layernorm-all": (lambda: nn.LayerNorm([4, 3]), (4, 3)),
    "layernorm-1d": (lambda: nn.LayerNorm(7), (7,)),
    "batchnorm-1d": (lambda: with_statistics(nn.BatchNorm1d(7)), (5, 7)),
    "batchnorm-2d": (lambda: with_statistics(nn.BatchNorm2d(3)), (2, 3, 4, 5)),
    "batchnorm-plain": (lambda: nn.BatchNorm1d(7, affine=False), (5, 7, 3)),
    "batchnorm-empty": (lambda: nn.BatchNorm1d(7), (0, 7)),
    "batchnorm-measured": (lambda: nn.BatchNorm1d(7, track_running_stats=False), (5, 7)),
    "instancenorm": (lambda: nn.InstanceNorm1d(3, affine=True), (2, 3, 9)),
    "groupnorm": (lambda: nn.GroupNorm(2, 6), (5, 6, 4)),
}


@pytest.fixture
def small(machine_with):
    return machine_with(8, 256)


def test_every_stage_agrees_with_eager(whole, small):
    whole.every_stage_agrees(small, has_twin=False)


def test_rank_0_is_simulated(function_whole, machine_with):
    function_whole(*FUNCTIONS["to-rank0"]).simulate(machine_with(32, 1024))


def test_a_learned_scale_of_rank_0(module_whole, small):
    whole = module_whole(Scaled, (4, 3))
    whole.every_stage_agrees(small)
    assert whole.expected.singles[1].shape == ()
