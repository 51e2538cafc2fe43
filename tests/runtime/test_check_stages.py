"""Stages of one kernel are judged like kernels: on what the one before left, each within its own
limits. What a chain of them may make of rounding hides nothing."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
import torch
from torch import nn
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, f32

from npu.dialects.npu import AllocOp, ComputeOp, DmaStoreOp, GroupOp, KernelOp
from npu.frontend.eager import expected
from npu.frontend.torch.import_model import import_model
from npu.passes.tile.tile import TilePass
from npu.runtime.compiler import MAPPED_STAGE, compile_text
from npu.runtime.progress import StageClock
from npu.runtime.rounding.groups import run_group
from npu.runtime.rounding.pairs import exact
from npu.runtime.session import spike_run
from npu.runtime.value_check import check_values
from npu.runtime.value_check.judge import judge

ROWS, LONG, HIDDEN, LAST = 9, 300, 21, 11
KERNEL = f"matmul_matmul_{ROWS}x{LONG}x{HIDDEN}x{LAST}"


@pytest.fixture(scope="module")
def imported():
    """Two products with a ReLU between; the rounding of the first one is large."""
    torch.manual_seed(0)
    layers = nn.Linear(LONG, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, LAST)
    model, inputs = nn.Sequential(*layers), (torch.randn(ROWS, LONG),)
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    return import_model(model, inputs), expected(model, inputs)


def ran(imported):
    """The program as one kernel of two stages, and what a run of it left."""
    with mock.patch("npu.passes.group.join.gain", return_value=1.0):
        program = compile_text(imported[0].text, "8x8")
    return program, spike_run(program, imported[0].values, StageClock())


@pytest.fixture(scope="module")
def right(imported):
    return ran(imported)


def checked(imported, program, run):
    return check_values(program, imported[0].values, run, imported[1])


def test_what_is_right_is_found_right(imported, right):
    check = checked(imported, *right)
    assert check.passed, check.first_fault
    assert [kernel.kernel for kernel in check.kernels] == [KERNEL]
    assert 0 < check.kernels[0].share < 1


def test_rounding_explains_as_much_as_of_kernels_of_their_own(imported, right):
    (joined,) = checked(imported, *right).outputs
    apart = compile_text(imported[0].text, "8x8", join=False)
    assert not apart.has_stages
    run = spike_run(apart, imported[0].values, StageClock())
    (other,) = checked(imported, apart, run).outputs
    assert joined.explained == pytest.approx(other.explained, rel=0.2)


def test_a_watched_program_differs_by_stores(right):
    program, _ = right
    plain, watched = (
        next(op for op in one.module.ops if isinstance(op, KernelOp))
        for one in (program, program.watched)
    )
    for kind in (AllocOp, ComputeOp):
        found = [
            [str(op) for op in kernel.walk() if isinstance(op, kind)] for kernel in (plain, watched)
        ]
        assert len(found[0]) == len(found[1])
    stores = [sum(isinstance(op, DmaStoreOp) for op in k.walk()) for k in (plain, watched)]
    assert stores[1] > stores[0]
    ours, theirs = program.image.digests, program.watched.image.digests
    assert ours == theirs


def old_fault(program, imported, run):
    """What a judgement of the kernel as a whole finds."""
    module = program.stage_module(MAPPED_STAGE)
    (group,) = (op for op in module.walk() if isinstance(op, GroupOp))
    block = group.parent_block()
    assert block is not None
    values = dict(zip(map(id, block.args), imported[0].values, strict=True))
    given = [exact(values[id(value)]) for value in group.inputs]
    limits = run_group(group, given, 8)
    return judge("k", run.outputs, limits, 0, group.origin)


def spoilt(monkeypatch, tmp_path, change):
    """Has every program compiled with tile functions that `change` spoils."""
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path))
    whole = TilePass.apply

    def apply(self, ctx, op):
        whole(self, ctx, op)
        for compute in [one for one in op.walk() if isinstance(one, ComputeOp)]:
            change(compute)

    monkeypatch.setattr(TilePass, "apply", apply)


def floor_of(value):
    """A ReLU that starts at another value than 0."""

    def change(compute):
        for op in compute.walk():
            if isinstance(op, arith.ConstantOp) and op.result.type == f32:
                op.properties["value"] = FloatAttr(value, f32)

    return change


def test_a_spoilt_value_between_stages_is_seen(imported, monkeypatch, tmp_path):
    """It is beyond the rounding of its stage, and changes outputs less than that might."""
    spoilt(monkeypatch, tmp_path, floor_of(5e-5))
    program, run = ran(imported)
    assert old_fault(program, imported, run).fault is None
    (output,) = checked(imported, program, run).outputs
    assert output.fault is not None
    assert output.fault.startswith(f"stage 0 of kernel {KERNEL} in launch 0")


def test_a_spoilt_last_stage_is_seen(imported, right):
    """As far off as the rounding of the first stage may bring it, which this one did not do."""
    program, run = right
    changed = [dict(one.memory) for one in (run, run.watched)]
    outputs = [output * np.float32(1 + 5e-6) for output in run.outputs]
    for memory, of in zip(changed, (run, run.watched), strict=True):
        for key, array in of.memory.items():
            if array.shape == (ROWS, LAST):
                memory[key] = array * np.float32(1 + 5e-6)
    watched = replace(run.watched, memory=changed[1])
    wrong = replace(run, outputs=outputs, memory=changed[0], watched=watched)
    assert old_fault(program, imported, wrong).fault is None
    (output,) = checked(imported, program, wrong).outputs
    assert output.fault is not None
    assert output.fault.startswith(f"kernel {KERNEL} in launch 0")


def test_the_watched_run_must_give_the_same_numbers(imported, right):
    program, run = right
    memory = {key: array.copy() for key, array in run.watched.memory.items()}
    (result,) = (array for array in memory.values() if array.shape == (ROWS, LAST))
    result[3, 4] = np.nextafter(result[3, 4], np.float32(0))
    check = checked(imported, program, replace(run, watched=replace(run.watched, memory=memory)))
    assert not check.passed
    assert "where it stores what its stages leave" in (check.first_fault or "")
