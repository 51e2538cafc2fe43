"""Cumulative sums, products and extremes: exactly what eager PyTorch gives, within rounding."""

import math

import numpy as np
import pytest
import torch

from npu.runtime.progress import StageClock
from npu.runtime.session import spike_run
from npu.runtime.value_check import check_values

FUNCTIONS = {
    "rows": (lambda x: torch.cumsum(x, 1), (5, 7)),
    "columns-and-neighbours": (lambda x: torch.cumsum(x * 2.0, 0) + 1.0, (70, 33)),
    "middle": (lambda x: torch.cumprod(x, 1), (3, 9, 5)),
    "segments": (lambda x: torch.cumsum(x, -1), (3, 1100)),
    "extremes": (lambda x: (*torch.cummax(x, 0), *torch.cummin(x, 1)), (9, 70)),
    "logarithms": (lambda x: torch.logcumsumexp(x, 0), (9, 3)),
    "one-step": (lambda x: torch.cumsum(x, 1), (6, 1)),
}
MODULES = {}


def test_every_stage_and_cycles(whole, stage_machine):
    whole.simulate_compiled(whole.every_stage_agrees(stage_machine))


def scans(x):
    found = torch.cumsum(x, -1), torch.cumprod(x, -1)
    return *found, *torch.cummax(x, -1), *torch.cummin(x, -1)


def made(kind):
    """NaN, infinities, ties, signs of zero; integers; nothing to scan."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(-3, 4, (4, 75), generator=generator)
    if kind == "float":
        x = x / 2.0
        x[0, 5], x[1, 70], x[2, 3], x[2, 9] = math.nan, math.inf, -math.inf, math.inf
        x[3, 0] = -0.0
    return {"rank-0": torch.tensor(2.5), "empty": torch.ones(3, 0)}.get(kind, x)


@pytest.mark.parametrize("kind", ["float", "integer", "rank-0", "empty"])
def test_special_values(kind, whole_of, machine_with):
    whole = whole_of(scans, (made(kind),))
    run = spike_run(whole.compile(machine_with(8, 256)), whole.imported.values, StageClock())
    for found, wanted in zip(run.outputs, whole.expected.singles, strict=True):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-6, equal_nan=True)


@pytest.mark.parametrize("kind", ["float", "rank-0", "empty"])
def test_logarithms_of_sums_of_exponentials(kind, whole_of, machine_with):
    """Values far apart: the sum of all exponentials would be infinite, the first ones vanish."""
    x = made(kind)
    if kind == "float":
        x = torch.cat([x, torch.linspace(-300, 300, 150).reshape(2, 75)])
    whole = whole_of(lambda x: torch.logcumsumexp(x, -1), (x,))
    run = spike_run(whole.compile(machine_with(8, 256)), whole.imported.values, StageClock())
    np.testing.assert_allclose(
        run.outputs[0], whole.expected.singles[0], rtol=1e-6, atol=1e-6, equal_nan=True
    )


def test_a_wrong_step_is_noticed(whole_of, machine_with):
    """Of a long row of large values, one that is off in the sixth digit."""
    whole = whole_of(lambda x: torch.cumsum(x, -1), (torch.ones(4, 60),))
    program = whole.compile(machine_with(8, 256))
    run = spike_run(program, whole.imported.values, StageClock())
    run.outputs[0][2, 50] *= 1 + 1e-6
    check = check_values(program, whole.imported.values, run, whole.expected)
    assert not check.passed
