"""Factorisations of matrices: Spike, the executor and eager PyTorch agree, in odd sizes."""

import numpy as np
import pytest
import torch
from torch import linalg

from npu.dialects.factor import EXCHANGES, KINDS, ROTATION, Factor
from npu.frontend.torch.ordered_ops import factor
from npu.runtime.progress import StageClock
from npu.runtime.session import spike_run


def positive(a):
    return a @ a.mT + torch.eye(a.shape[-1])


def solved(a, b):
    found, pivots = linalg.lu_factor(a)
    return (
        linalg.solve(a, b), linalg.det(a), linalg.lu_solve(found, pivots, b),
        linalg.solve_triangular(a, b, upper=True),
    )  # fmt: skip


def turned(a, b):
    reflectors, factors = torch.geqrf(a)
    return *linalg.qr(a), torch.ormqr(reflectors, factors, b.mT, left=False)


FUNCTIONS = {
    "solved": (solved, (2, 7, 7), (2, 7, 3)),
    "turned": (turned, (9, 4), (9, 2)),
    "positive": (lambda a: linalg.cholesky_ex(positive(a)), (5, 5)),
    "values": (lambda a: (linalg.svdvals(a), linalg.eigvalsh(a[:4])), (5, 4)),
    "one": (lambda a: (linalg.inv(a), linalg.slogdet(a)[1], linalg.cholesky(a * a)), (1, 1)),
}
MODULES = {}


def test_every_stage_and_cycles(whole, stage_machine):
    whole.simulate_compiled(whole.every_stage_agrees(stage_machine))


def kinds_of(rows, width):
    """A factorisation of every kind."""
    found = []
    for kind in KINDS:
        if kind == ROTATION:
            found.append((kind, rows, width, 4))
            continue
        used = Factor(kind, rows, width, 0).used
        steps = rows if kind in EXCHANGES else min(rows, used)
        found.append((kind, rows, width, steps // 2 if kind.startswith("turn") else steps))
    return found


@pytest.mark.parametrize("shape", [(7, 40), (6, 8)])
def test_bits_of_special_values(shape, whole_of, machine_with):
    """Zero columns, infinities and NaN, rows of more lanes than a register: bit by bit."""
    rows, width = shape
    x = torch.randn(3, rows, width, 2, generator=torch.Generator().manual_seed(5))
    x[..., 1] *= 2.0**-25
    x[1, :, 0], x[1, 2:, 3] = 0.0, 0.0
    x[2, 1, 2], x[2, 3, 1], x[2, 4, 4] = torch.nan, torch.inf, 3e38
    x[..., -1, 0] = torch.arange(rows).flip(0)
    x = x.reshape(3, rows * width, 2)

    def every_kind(pairs):
        return tuple(factor(pairs, *kind) for kind in kinds_of(rows, width))

    whole = whole_of(every_kind, (x,))
    run = spike_run(whole.compile(machine_with(8, 256)), whole.imported.values, StageClock())
    for found, wanted, kind in zip(run.outputs, every_kind(x), KINDS, strict=True):
        np.testing.assert_array_equal(found, wanted.numpy(), err_msg=kind)


def test_what_is_not_invertible_is_told(whole_of, machine_with):
    """The number of the first step that has no pivot, from 1; 0 where all have one."""
    a = torch.tensor(
        [[[1.0, 2.0], [2.0, 4.0]], [[4.0, 1.0], [1.0, 3.0]], [[-1.0, 0.0], [0.0, 2.0]]]
    )
    whole = whole_of(lambda a: (linalg.inv_ex(a).info, linalg.cholesky_ex(a).info), (a,))
    run = spike_run(whole.compile(machine_with(8, 256)), whole.imported.values, StageClock())
    assert [one.tolist() for one in run.outputs] == [[2, 0, 0], [2, 0, 1]]
