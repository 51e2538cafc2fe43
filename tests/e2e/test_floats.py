"""Operators on the bits of floats, and those that choose between two numbers: bit by bit."""

import math

import numpy as np
import torch

from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_run

INFINITY, NAN = math.inf, math.nan

X = torch.tensor([1.0, -3.5, 0.0, -0.0, INFINITY, -INFINITY, NAN, 1e-45, -1e-40, 3.4e38, 5.0])
Y = torch.tensor([2.0, -3.6, 1.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0, INFINITY, NAN])


def of_bits(x, y):
    return *torch.frexp(x), torch.nextafter(x, y), torch.nextafter(y, x), torch.angle(x)


def chosen(x, y):
    """The larger, the smaller, what lies between; whole numbers and conditions stay such."""
    whole = torch.nan_to_num(x).clamp(-9, 9).to(torch.int32)
    holds, other = (x > 0).unsqueeze(0), y > 0
    return (
        torch.maximum(holds, other),
        torch.fmin(holds, other),
        torch.clamp(holds, max=other),
        torch.amax(holds, 0),
        torch.aminmax(holds, dim=1, keepdim=True).min,
        torch.isinf(whole),
        torch.isinf(x),
        torch.fmax(x, y),
        torch.fmin(x, y),
        torch.clamp(x, y, y + 1),
        torch.clamp(x, max=y),
        torch.clamp(whole, min=whole * 2, max=torch.ones_like(whole)),
        torch.fmax(whole, whole * 2),
        torch.angle(whole),
        torch.ldexp(x, whole),
    )


def test_every_bit(whole_of, machine_with):
    whole = whole_of(lambda x, y: (*of_bits(x, y), *chosen(x, y)), (X, Y))
    program = whole.compile(machine_with(8, 256))
    on_spike = spike_run(program, whole.imported.values, StageClock()).outputs
    for outputs in (on_spike, run_module(program.module, whole.imported.values, cores=1)):
        for number, (found, wanted) in enumerate(zip(outputs, whole.expected.singles, strict=True)):
            assert np.array_equal(found, wanted, equal_nan=wanted.dtype.kind == "f"), number
            if wanted.dtype.kind != "f":
                continue
            numbers = ~np.isnan(wanted)
            assert np.array_equal(np.signbit(found)[numbers], np.signbit(wanted)[numbers]), number
