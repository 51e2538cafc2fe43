"""Rows that no scratchpad holds: softmax, norms and reductions in sweeps over their tiles."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from npu.runtime.reference import run_module

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


NAN, INF = float("nan"), float("inf")


def special_rows(length):
    """Rows whose tiles differ in kind: masked ones, infinities, NaN, jumps, drifts, one value."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(12, length, generator=generator)
    third = length // 3
    x[0] = -INF
    x[1, :third] = -INF
    x[2, third:] = -INF
    x[3] = -INF
    x[3, -2] = -200.0
    x[4, third] = INF
    x[5, -1] = NAN
    x[6, 0] = NAN
    x[7, third:] += 1e5
    x[8] = torch.linspace(-300, 300, length)
    x[9] = torch.linspace(150, -150, length)
    x[10] = 12345.678
    x[11, 0] = 3e4
    return x


STATISTICS = (
    lambda x: torch.ops.aten._safe_softmax(x, -1),
    lambda x: (x - x.amax(-1, True)).exp().sum(-1),
    lambda x: F.layer_norm(x, x.shape[-1:]),
    lambda x: (x - x.mean(-1, True)).square().sum(-1),
)


def test_rows_whose_tiles_differ(whole_of, tiny):
    whole = whole_of(lambda x: tuple(function(x) for function in STATISTICS), (special_rows(701),))
    whole.values_agree(tiny, has_twin=False)


def test_a_row_of_one_value_has_no_variance(whole_of, tiny):
    """And a large mean takes no digit of a small one."""
    x = torch.tensor([[12345.678], [1e6], [0.1], [3e18], [1e-40]]).repeat(1, 701)
    noisy = torch.randn(2, 701, generator=torch.Generator().manual_seed(2)) + 4096
    program = whole_of(lambda x: x.var(-1), (torch.cat([x, noisy]),)).compile(tiny)
    (got,) = run_module(program.module, [torch.cat([x, noisy]).numpy()], cores=1)
    assert (got[:5] <= (1e-10 * x[:, 0].numpy().astype(np.float64)) ** 2).all()
    np.testing.assert_allclose(got[5:], noisy.double().var(-1).numpy(), rtol=3e-6)
