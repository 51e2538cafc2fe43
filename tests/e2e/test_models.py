"""Several kernels in a row: attention, an encoder block, a perceptron, on one core and on two."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    """Self-attention of several heads on (batch, tokens, hidden)."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.inward = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(3))
        self.outward = nn.Linear(hidden, hidden)

    def forward(self, x):
        batch, tokens, hidden = x.shape
        split = (batch, tokens, self.heads, hidden // self.heads)
        query, key, value = (layer(x).view(split).transpose(1, 2) for layer in self.inward)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.outward(mixed.transpose(1, 2).reshape(x.shape))


class Encoder(nn.Module):
    """Attention and feed-forward, each with its residual sum and norm."""

    def __init__(self, hidden, heads, inner):
        super().__init__()
        self.attention = Attention(hidden, heads)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(2))
        self.widen, self.narrow = nn.Linear(hidden, inner), nn.Linear(inner, hidden)

    def forward(self, x):
        first, second = self.norms
        x = first(x + self.attention(x))
        return second(x + self.narrow(F.gelu(self.widen(x))))


def perceptron():
    layers = (nn.Linear(39, 25), nn.ReLU(), nn.Linear(25, 18), nn.ReLU(), nn.Linear(18, 10))
    return nn.Sequential(*layers, nn.Softmax(dim=-1))


def explicit_attention(query, key, value):
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    return torch.softmax(scores, dim=-1) @ value


HEADS = (2, 3, 19, 8)

FUNCTIONS = {"attention-of-tensors": (explicit_attention, HEADS, HEADS, HEADS)}
MODULES = {
    "attention": (lambda: Attention(32, 4), (2, 13, 32)),
    "encoder": (lambda: Encoder(24, 3, 50), (1, 11, 24)),
    "perceptron": (perceptron, (7, 39)),
}


def test_values(whole, machine):
    whole.values_agree(machine)


def test_every_stage_and_cycles(whole, stage_machine):
    whole.simulate_compiled(whole.every_stage_agrees(stage_machine))


@pytest.mark.parametrize("cores", [pytest.param(1, marks=pytest.mark.slow), 2, 3])
def test_cores(whole, machine_with, cores):
    machine = machine_with(8, 256, num_cores=cores)
    result = whole.simulate_compiled(whole.values_agree(machine))
    assert len(result.cores) == cores


def test_special_functions_by_instruction(whole, machine_with):
    whole.values_agree(machine_with(32, 1024, special_functions="instruction"))
