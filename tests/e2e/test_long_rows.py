"""Rows that no scratchpad holds: softmax, norms and reductions in sweeps over their tiles."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

FUNCTIONS = {
    "softmax": (lambda x: F.softmax(x, dim=-1), (3, 3001)),
    "softmax-and-powers": (lambda x: ((x - x.amax(-1, True)).exp(), x.softmax(-1)), (2, 1999)),
    "reductions": (lambda x: (x.sum(-1), x.amax(-1), x.mean(-1), x.var(-1)), (3, 3001)),
    "columns": (lambda x: (x.sum(0), x.softmax(0)), (2503, 3)),
    "everything": (lambda x: (x.sum(), x / x.amax()), (41, 97)),
    "in-the-middle": (lambda x: x.softmax(1) * 2, (2, 2203, 3)),
    "two-dimensions": (lambda x: x - x.mean((-2, -1), keepdim=True), (2, 53, 47)),
    "infinities": (lambda x: F.softmax(x * torch.tensor(float("inf")), dim=-1), (2, 2111)),
}

MODULES = {
    "layernorm": (lambda: nn.LayerNorm(2999), (3, 2999)),
    "groupnorm": (lambda: nn.GroupNorm(2, 6), (2, 6, 400)),
    "batchnorm-measured": (lambda: nn.BatchNorm1d(3, track_running_stats=False), (5, 3, 500)),
}


@pytest.fixture
def tiny(machine_with):
    """8 KB of scratchpad."""
    return machine_with(8, 256, vpu_spad_size_kb_per_lane=1)


def test_values(whole, tiny):
    program = whole.values_agree(tiny)
    whole.simulate_compiled(program)
