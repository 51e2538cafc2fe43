"""Random programs of views, joins, padding and elementwise work: just what eager PyTorch gives."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given

from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_run
from tests.e2e.random_moves import moves
from tests.examples import settled

SHAPES = ((8, 256), (32, 1024), (128, 32768))
"""Array size and VLEN of the machines, in turn."""


def check(drawn, whole_of, machine_with, turns):
    """The executor and Spike give what eager PyTorch gives, bit for bit: nothing rounds."""
    model, inputs = drawn.build()
    wanted = [value.numpy() for value in model(*inputs)]
    whole = whole_of(model, inputs)
    for turn in turns:
        program = whole.compile(machine_with(*SHAPES[turn]))
        values = whole.imported.values
        found = run_module(program.module, values, cores=program.machine.num_cores)
        on_spike = spike_run(program, values, StageClock()).outputs
        for number, want in enumerate(wanted):
            np.testing.assert_array_equal(found[number], want, err_msg=f"executor, {drawn}")
            np.testing.assert_array_equal(on_spike[number], want, err_msg=f"Spike, {drawn}")


@settled(4, HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
@given(drawn=moves())
def test_one_machine(drawn, whole_of, machine_with):
    check(drawn, whole_of, machine_with, [drawn.seed % len(SHAPES)])


@pytest.mark.slow
@settled(150, HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
@given(drawn=moves())
def test_every_machine(drawn, whole_of, machine_with):
    check(drawn, whole_of, machine_with, range(len(SHAPES)))
