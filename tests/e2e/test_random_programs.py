"""Random programs are right on machines of many shapes, or refused by name."""

import re
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.frontend.torch.import_model import import_model
from npu.runtime.compiler import compile_text
from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import simulate_program, spike_run
from tests.e2e.random_programs import CHAIN, MOVES, programs
from tests.examples import settled

MACHINES = {
    "8x8": load("8x8"),
    "32x32": load("32x32"),
    "tpuv3": load("tpuv3"),
    "three cores": replace(load("8x8"), num_cores=3),
    "small scratchpad": replace(load("8x8"), vpu_spad_size_kb_per_lane=2),
    "short vectors": replace(load("32x32"), vpu_num_lanes=16, riscv_vlen_bits=128),
    "256 lanes": load("tpuv6e"),
}
TOLERANCE = 2e-4
"""Of the largest magnitude of an output."""

NAMED = re.compile(r"aten\.\w+")
"""A refusal names the operator."""


def check(drawn, names):
    """The executor, Spike and the simulator; false if the program is refused by name."""
    model, inputs = drawn.build()
    wanted = drawn.expected()
    for name in names:
        try:
            imported = import_model(model.eval(), inputs)
            program = compile_text(imported.text, MACHINES[name])
        except UserError as error:
            if not NAMED.search(str(error)):
                raise
            return False
        values, cores = imported.values, program.machine.num_cores
        agree(drawn, run_module(program.module, values, cores=cores), wanted, f"executor, {name}")
        run = spike_run(program, values, StageClock())
        agree(drawn, run.outputs, wanted, f"Spike, {name}")
        result = simulate_program(program, StageClock(), indices=run.indices)
        assert (result.total_cycles > 0) == bool(result.launches), name
    return True


def agree(drawn, found, wanted, what):
    arrays = [want.numpy() for want in wanted]
    for number, (one, want, is_exact) in enumerate(zip(found, arrays, drawn.exact, strict=True)):
        message = f"output {number}, {what}: {drawn}"
        assert one.shape == want.shape, message
        scale = 0 if is_exact else np.abs(want).max(initial=1e-3)
        np.testing.assert_allclose(one, want, rtol=0, atol=TOLERANCE * scale, err_msg=message)


PASSED = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
"""Programs are large to draw."""


def turn(drawn) -> list[str]:
    """The machine whose turn it is."""
    return [list(MACHINES)[drawn.seed % len(MACHINES)]]


@settled(40, *PASSED)
@given(drawn=programs())
def test_one_machine(drawn):
    check(drawn, turn(drawn))


@settled(5, *PASSED)
@given(drawn=programs(MOVES, least=4))
def test_moves(drawn):
    check(drawn, turn(drawn))


@settled(5, *PASSED)
@given(drawn=programs(CHAIN, least=3))
def test_chains_that_are_joined(drawn):
    with mock.patch("npu.passes.group.join.gain", return_value=1.0):
        check(drawn, turn(drawn))


@pytest.mark.slow
@settled(500, *PASSED)
@given(drawn=programs())
def test_every_machine(drawn):
    check(drawn, MACHINES)
