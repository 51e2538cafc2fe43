"""Positions of extremes on the whole way: what eager PyTorch gives, of NaN and of equal values."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_run

NAN, INF = math.nan, math.inf


def rows(columns=33, seed=0):
    """Rows of normal values, and rows with NaN, equal values, infinities and both zeros."""
    x = torch.randn(9, columns, generator=torch.Generator().manual_seed(seed))
    x[0, columns // 3] = x[0, -1] = NAN
    x[1] = 2.0
    x[2, columns // 2] = x[2, -1] = 9.0
    x[3], x[4] = -INF, INF
    x[5], x[5, 0] = 0.0, -0.0
    x[6, -1] = NAN
    x[7, 0] = -INF
    return x


def of_rows(x):
    return (
        *(*torch.max(x, 1), *torch.min(x, -1, keepdim=True), torch.argmax(x, 1)),
        *(torch.argmin(x, 1, keepdim=True), *torch.aminmax(x, dim=1)),
    )


def of_columns_and_all(x):
    return (
        *(*torch.max(x, 0), torch.argmin(x, 0), torch.argmax(x), torch.argmin(x, keepdim=True)),
        *torch.aminmax(x),
    )


def each_dimension(x):
    return tuple(torch.max(x, dim)[1] for dim in range(x.dim()))


def integers(shape):
    return torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(1), dtype=torch.int)


def image(*shape):
    """Channels with NaN in neighbouring windows, of -inf alone, of one value, with equal maxima."""
    x = torch.randn(shape, generator=torch.Generator().manual_seed(4))
    x[0, 0, ..., 3, 3] = x[0, 0, ..., 4, 4:6] = NAN
    x[0, 1], x[0, 2], x[-1, 3, ..., :2, :] = -INF, 1.0, -INF
    return x


def pool(*options, of=F.max_pool2d, **more):
    return lambda x: of(x, *options, return_indices=True, **more)


def pool_of_a_padded_image(x):
    """Positions are those in what the pool is given."""
    return F.max_pool2d(F.pad(x, (1, 1, 2, 0), value=-INF), 3, 2, return_indices=True)


def pools(x):
    return (*pool(3, 2, 1)(x), *pool(2)(x), *pool((2, 3), (3, 1), (1, 0))(x))


CASES = {
    "rows": (of_rows, rows()),
    "columns": (of_columns_and_all, rows(5)),
    "integers": (of_rows, integers((5, 17))),
    "ids": (of_columns_and_all, integers((5, 17)).long()),
    "conditions": (lambda x: torch.max(x > 0, 1), integers((5, 17))),
    "vector": (lambda x: (*torch.max(x, 0), torch.argmin(x)), rows(40)[0]),
    "rank0": (lambda x: (*torch.min(x, 0), torch.argmax(x)), torch.tensor(NAN)),
    "rank3": (each_dimension, rows(35).reshape(9, 5, 7)),
    "rank4": (each_dimension, integers((3, 2, 5, 4))),
    "a row of one": (of_rows, rows(1)),
    "pools": (pools, image(2, 5, 9, 11)),
    "dilated pool": (pool(3, 2, 1, dilation=2), image(2, 5, 9, 11)),
    "pool with a last window": (pool(3, 2, 1, ceil_mode=True), image(2, 5, 8, 11)),
    "positions alone": (lambda x: pool(3, 2, 1)(x)[1], image(2, 5, 9, 11)),
    "padded image": (pool_of_a_padded_image, image(2, 5, 9, 11)),
    "pool of a signal": (pool(3, 2, 1, of=F.max_pool1d), image(2, 5, 9, 11)[:, 1]),
    "pool of one signal": (pool(3, 2, 1, of=F.max_pool1d), image(2, 5, 9, 11)[0, 0]),
    "one image": (pool(3, 2, 1), image(1, 4, 9, 11)[0]),
    "pool of volumes": (pool((1, 3, 2), 2, (0, 1, 1), of=F.max_pool3d), image(1, 4, 4, 9, 11)),
    "adaptive pool": (pool((3, 1), of=F.adaptive_max_pool2d), image(2, 5, 9, 11)),
}
QUICK = ("rows", "rank0", "pool with a last window")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in CASES]
)
def test_equal_to_eager(whole_of, machine_with, name):
    function, x = CASES[name]
    equal_to_eager(whole_of(function, (x,)), machine_with(8, 256))


@pytest.mark.slow
def test_every_stage(whole_of, stage_machine):
    x = torch.randn(7, 50, generator=torch.Generator().manual_seed(2))
    whole = whole_of(of_rows, (x,))
    program = whole.every_stage_agrees(stage_machine)
    assert whole.simulate_compiled(program).total_cycles > 0


def test_a_row_that_is_cut(whole_of, machine_with):
    """Both equal largest values stand behind the first tile, of which the first one counts."""
    x = torch.randn(3, 70_001, generator=torch.Generator().manual_seed(3))
    x[0, 50_000] = x[0, 60_000] = 99.0
    x[1, 69_999] = x[1, 70_000] = NAN
    machine = machine_with(8, 256, vpu_spad_size_kb_per_lane=16)
    program = equal_to_eager(whole_of(lambda x: torch.max(x, 1), (x,)), machine)
    assert program.ir("npu-group").count("npu.group") == 1


def equal_to_eager(whole, machine):
    program = whole.compile(machine)
    on_spike = spike_run(program, whole.imported.values, StageClock()).outputs
    executed = run_module(program.module, whole.imported.values, cores=1)
    for found in (on_spike, executed):
        for one, wanted in zip(found, whole.expected.singles, strict=True):
            assert one.shape == wanted.shape
            assert np.array_equal(one, wanted, equal_nan=wanted.dtype.kind == "f")
    return program
