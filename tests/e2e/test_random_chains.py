"""Random chains of products and vector code run right, joined where it gains or where it can be."""

from unittest import mock

import pytest
import torch
from hypothesis import HealthCheck, given

from npu.frontend.compile import compile as compile_model
from tests.e2e.random_chains import chains
from tests.examples import settled

MACHINES = ("8x8", "32x32", "tpuv3")
TOLERANCE = 1e-4
"""Of the largest magnitude of an output."""


def check(chain, machine, *, joins_all, timing):
    """Spike computes what eager PyTorch does."""
    model, x = chain.build()
    with torch.no_grad():
        wanted = model(x)
    if joins_all:
        with mock.patch("npu.passes.group.join.gain", return_value=1.0):
            compiled = compile_model(model, (x,), machine)
    else:
        compiled = compile_model(model, (x,), machine)
    (found,), report = compiled.run(x, timing=timing)
    scale = wanted.abs().max().item()
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max().item() <= TOLERANCE * max(scale, 1e-3), machine
    assert not timing or (report.total_cycles or 0) > 0


@settled(2, HealthCheck.too_slow)
@given(chain=chains())
def test_values_on_one_machine(chain):
    check(chain, MACHINES[chain.seed % len(MACHINES)], joins_all=True, timing=False)


@pytest.mark.slow
@settled(80, HealthCheck.too_slow)
@given(chain=chains())
def test_values_on_every_machine(chain):
    for machine in MACHINES:
        for joins_all in (False, True):
            check(chain, machine, joins_all=joins_all, timing=True)
