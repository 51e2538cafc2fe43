"""Random convolutional networks run right on three sizes of machine, or are refused by name."""

import re

import pytest
import torch
from hypothesis import HealthCheck, given

from npu.configs.errors import UserError
from npu.frontend.compile import compile as compile_model
from tests.e2e.random_nets import nets
from tests.examples import settled

MACHINES = ("8x8", "32x32", "tpuv3")
TOLERANCE = 1e-4
"""Of the largest magnitude of an output."""

NAMED = re.compile(r"aten\.\w+")
"""A refusal names the operator."""


PASSED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
"""Networks are large, and many that are drawn are none."""


def check(net, machine, *, timing):
    """Spike computes what eager PyTorch does; false if the network is refused by name."""
    model, x = net.build()
    with torch.no_grad():
        wanted = model(x)
    try:
        compiled = compile_model(model, (x,), machine)
    except UserError as error:
        if not NAMED.search(str(error)):
            raise
        return False
    (found,), report = compiled.run(x, timing=timing)
    assert found.shape == wanted.shape
    scale = wanted.abs().max().item()
    assert (found - wanted).abs().max().item() <= TOLERANCE * max(scale, 1e-6), machine
    # A pool of windows of one element returns its input: nothing is launched.
    assert not timing or ((report.total_cycles or 0) > 0) == bool(report.launches)
    return True


@settled(30, *PASSED)
@given(net=nets())
def test_values_on_one_machine(net):
    check(net, MACHINES[net.seed % len(MACHINES)], timing=False)


@pytest.mark.slow
@settled(300, *PASSED)
@given(net=nets())
def test_values_on_every_machine(net):
    for machine in MACHINES:
        check(net, machine, timing=True)
