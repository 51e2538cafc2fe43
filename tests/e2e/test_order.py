"""Sorting and what rests on it: ties, NaN, signs of zero, as a stable eager PyTorch has them."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from npu.configs.loader import load
from npu.runtime.progress import StageClock
from npu.runtime.session import spike_run


def largest_turned(x):
    """The two largest of rows of which the largest is made negative: no rounding decides them."""
    return torch.topk(torch.where(x == x.amax(1, keepdim=True), -x, x), 2)


FUNCTIONS = {
    "rows": (lambda x: torch.sort(x, 1), (5, 7)),
    "columns": (lambda x: torch.sort(x, 0, descending=True), (37, 9)),
    "several-registers": (lambda x: torch.sort(x, 1), (2, 300)),
    "of-what-a-kernel-makes": (largest_turned, (11, 4)),
    "one": (lambda x: (*torch.sort(x, 1), *torch.topk(x, 1, 0)), (3, 1)),
}
MODULES = {}


def test_every_stage_and_cycles(whole, stage_machine):
    whole.simulate_compiled(whole.every_stage_agrees(stage_machine))


def special(kind):
    """Ties, NaN, infinities and both zeros; integers at the ends; conditions; nothing."""
    x = torch.randint(-3, 4, (3, 70), generator=torch.Generator().manual_seed(2))
    if kind == "float":
        x = x / 2.0
        x[0, 5] = x[0, 50] = x[2, 9] = math.nan
        x[1, 7], x[1, 69], x[2, 0] = math.inf, -math.inf, -math.inf
        x[1, ::3] = torch.where(x[1, ::3] == 0, -0.0, x[1, ::3])
    if kind == "integer":
        x[0, :2] = torch.tensor([2**31 - 1, -(2**31)])
    shapes = {"condition": x > 0, "rank-0": torch.tensor(2.5), "empty": torch.ones(2, 0)}
    return shapes.get(kind, x)


def sorts(x):
    return *torch.sort(x, -1), *torch.sort(x, -1, descending=True)


def choices(x):
    found = (*torch.topk(x, 9), *torch.topk(x, 2, 0, largest=False), *torch.kthvalue(x, 2, 0))
    return *found, *torch.median(x, 1), *torch.nanmedian(x, 1), torch.median(x), torch.msort(x)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        *((sorts, kind) for kind in ("float", "integer", "condition", "rank-0", "empty")),
        (choices, "float"),
        pytest.param(choices, "integer", marks=pytest.mark.slow),
    ],
)
def test_special_values(function, kind, whole_of, machine_with):
    agree(whole_of(function, (special(kind),)), machine_with(8, 256))


def agree(whole, machine):
    """Bit by bit, the sign of 0 as well."""
    run = spike_run(whole.compile(machine), whole.imported.values, StageClock())
    for found, wanted in zip(run.outputs, whole.expected.singles, strict=True):
        assert found.shape == wanted.shape
        np.testing.assert_array_equal(found, wanted)
        if wanted.dtype == np.float32:
            numbers = ~np.isnan(wanted)
            np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(wanted)[numbers])


def test_a_few_of_a_long_row(whole_of):
    x = torch.randn(9001, generator=torch.Generator().manual_seed(3))
    agree(whole_of(lambda x: torch.topk(x, 3), (x,)), load("8x8"))


SMALL = replace(load("8x8"), vpu_spad_size_kb_per_lane=1)
"""Its scratchpad holds two blocks of 512 pairs."""


@pytest.mark.parametrize("cores", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_rows_that_do_not_fit(whole_of, cores):
    """Four blocks of each row, the last of which is all filled up: ties, NaN, both zeros."""
    x = special("float").repeat(1, 20)
    whole, machine = whole_of(sorts, (x,)), replace(SMALL, num_cores=cores)
    agree(whole, machine)
    text = whole.compile(machine).ir("npu-map")
    assert "par i 1, par j 512, hold pairs 2, run network" in text


def test_rows_that_do_not_fit_in_any_order_of_transfers(whole_of):
    x = torch.randint(-50, 50, (1100,), generator=torch.Generator().manual_seed(6)) / 2.0
    whole_of(torch.sort, (x,)).values_agree(SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["8x8", "tpuv3"])
def test_a_million(whole_of, name):
    x = torch.randn(1000000, generator=torch.Generator().manual_seed(7))
    agree(whole_of(torch.sort, (x,)), load(name))


def reductions(x):
    norms = [torch.linalg.vector_norm(x, p, 1) for p in (0, 1, 2, math.inf, -math.inf)]
    sums = torch.nansum(x, 0), torch.nanmean(x), torch.count_nonzero(x, 1)
    return *norms, *sums, torch.prod(x, 1), torch.histc(x, 7, -1, 1), torch.cdist(x, x * 2)


def lookups(x, edges):
    return torch.searchsorted(edges, x), torch.bucketize(x, edges, right=True, out_int32=True)


def test_reductions(whole_of, machine_with):
    x = torch.randn(5, 70, generator=torch.Generator().manual_seed(4)) * 1.5
    whole_of(reductions, (x,)).values_agree(machine_with(8, 256), has_twin=False)


def test_lookups(whole_of, machine_with):
    x = torch.randn(5, 9, generator=torch.Generator().manual_seed(5))
    x[0, 0], x[1, 2] = math.nan, 0.5
    agree(whole_of(lookups, (x, torch.arange(-2, 2, 0.5))), machine_with(8, 256))
