"""Rounding to whole numbers and signs on the whole way: bit by bit what eager PyTorch gives."""

import math

import numpy as np
import torch

from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_run

EDGES = [
    *(0.0, 0.5, 0.49999997, 1.0, 1.5, 2.5, 3.7, 1e-40, 8388607.5, 8388608.0, 16777217.0, 2e9),
    *(3e9, 1e10, 3e38, math.inf, math.nan),
]


def rounded(x):
    whole = torch.floor(x), torch.ceil(x), torch.trunc(x), torch.round(x)
    decimals = (torch.round(x, decimals=count) for count in (-9, -1, 2, 30))
    return *whole, *decimals, torch.frac(x), torch.sign(x)


def of_integers(i):
    return torch.sign(i), torch.floor(i), torch.trunc(i), torch.round(i)


def test_values(whole_of, machine_with):
    x = torch.tensor([*EDGES, *(-e for e in EDGES)])
    x = torch.cat([x, torch.randn(31, generator=torch.Generator().manual_seed(0)) * 9])
    whole = whole_of(lambda x: (*rounded(x), *of_integers((x > 1).int() * -3)), (x,))
    program = whole.compile(machine_with(8, 256))
    on_spike = spike_run(program, whole.imported.values, StageClock()).outputs
    for outputs in (on_spike, run_module(program.module, whole.imported.values, cores=1)):
        for number, (found, wanted) in enumerate(zip(outputs, whole.expected.singles, strict=True)):
            assert np.array_equal(found, wanted, equal_nan=wanted.dtype.kind == "f"), number
            if number < len(("floor", "ceil", "trunc", "round")):
                numbers = ~np.isnan(wanted)
                assert np.array_equal(np.signbit(found)[numbers], np.signbit(wanted)[numbers])
