"""Special functions on difficult values: as near to float64 as eager PyTorch, within two units."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from npu.runtime.progress import StageClock
from npu.runtime.session import spike_run
from tests.e2e.near import near_eager
from tests.e2e.special_tables import ONE, TWO
from tests.e2e.test_numerics import difficult, judge


def test_of_one_operand(stage_machine):
    assert judge(ONE, [difficult(10000, 7).reshape(100, 100)], stage_machine) == {}


def test_of_two_operands(stage_machine):
    inputs = [difficult(10000, seed).reshape(100, 100) for seed in (8, 9)]
    assert judge(TWO, inputs, stage_machine) == {}


def made_of_others(x, n):
    """Special functions that are made of scalar operations."""
    special = torch.special
    return (
        torch.polygamma(2, x),
        torch.mvlgamma(torch.abs(x) + 2.0, 2),
        special.zeta(n, x),
        special.spherical_bessel_j0(x),
        special.log_ndtr(x),
        *(getattr(special, f"chebyshev_polynomial_{kind}")(x, n) for kind in "tuvw"),
        special.shifted_chebyshev_polynomial_t(x, 3),
    )


def test_functions_made_of_others(whole_of, machine_with):
    x = torch.cat([torch.linspace(-9.3, 9.1, 31), torch.linspace(-1.0, 1.0, 20)])
    n = (torch.arange(51) * 7 % 12 - 1).to(torch.float32)
    near_eager(whole_of(made_of_others, (x, n)), machine_with(8, 256), 3e-5)


def test_instructions_of_sin_and_cos(machine_with):
    machine = machine_with(32, 1024, special_functions="instruction")
    some = {name: ONE[name] for name in ("sin", "cos", "log", "tan")}
    assert judge(some, [difficult(2000, 4).reshape(20, 100)], machine) == {}


def test_ranks_and_extents(whole_of, machine_with):
    """A function is one kernel on tensors of every rank, without elements too."""
    shapes = [(), (1,), (3, 0, 2), (2, 3, 1, 5, 2, 3)]
    inputs = tuple(torch.rand(shape) + 0.5 for shape in shapes)
    whole = whole_of(lambda *x: tuple(torch.sin(torch.log(one)) for one in x), inputs)
    whole.values_agree(machine_with(8, 256))


CLASSES = {
    "rows": ((5, 7), (5,)),
    "one row": ((7,), ()),
    "images": ((2, 5, 3, 4), (2, 3, 4)),
}


@pytest.mark.parametrize("shape", CLASSES)
def test_losses_by_class(whole_of, machine_with, shape):
    """Targets of 64 bits, one of them ignored; weights of classes; every reduction."""
    rows, targets = CLASSES[shape]
    torch.manual_seed(0)
    x, classes = torch.randn(rows), rows[1] if len(rows) > 1 else rows[0]
    weight, target = torch.rand(classes), torch.randint(0, classes, targets)
    if target.dim():
        target.view(-1)[1] = -100

    def losses(x, target, weight):
        return (
            *(F.cross_entropy(x, target, reduction=how) for how in ("none", "mean", "sum")),
            F.cross_entropy(x, target, label_smoothing=0.1),
            F.nll_loss(x, target, weight),
            F.nll_loss(x, target.clamp(min=0), weight, ignore_index=1),
        )

    whole = whole_of(losses, (x, target, weight))
    whole.values_agree(machine_with(8, 256))


def test_a_target_that_is_no_class_gives_nan(whole_of, machine_with):
    x, target = torch.randn(3, 4), torch.tensor([0, 2, 1])
    whole = whole_of(lambda x, t: F.nll_loss(x, t, reduction="none"), (x, target))
    program = whole.compile(machine_with(8, 256))
    outside = np.array([0, 4, -1], np.int32)
    values = [outside if v.shape == (3,) else v for v in whole.imported.values]
    (found,) = spike_run(program, values, StageClock()).outputs
    assert list(np.isnan(found)) == [False, True, True]
