"""Several contractions and vector code in one kernel: values, and what lies between stays there.

Groups are joined wherever that is legal, whatever it brings, so that small and odd sizes are seen.
"""

from unittest import mock

import pytest
import torch.nn.functional as F
from torch import nn

from npu.dialects.npu import KernelOp, PreloadOp

FUNCTIONS = {
    "masked-attention": (
        lambda q, k, v, mask: F.softmax(q @ k.mT * 0.3 + mask, dim=-1) @ v,
        (3, 11, 7),
        (3, 13, 7),
        (3, 13, 10),
        (11, 13),
    ),
}

MODULES = {
    "equal-layers": (
        lambda: nn.Sequential(*(nn.Linear(9, 9) for _ in range(3)), nn.Softmax(-1)),
        (13, 9),
    ),
    "chain": (
        lambda: nn.Sequential(
            *(nn.LayerNorm(9), nn.Linear(9, 17), nn.ReLU(), nn.Linear(17, 8), nn.Softmax(-1)),
            *(nn.Linear(8, 10), nn.Tanh(), nn.Linear(10, 11), nn.LayerNorm(11)),
        ),
        (18, 9),
    ),
}


@pytest.fixture(autouse=True)
def joined():
    """Joins what may be joined."""
    with mock.patch("npu.passes.group.join.gain", return_value=1.0):
        yield


@pytest.fixture
def tiny(machine_with):
    """16 KB of scratchpad and arrays of 8, so that every loop that may be cut is."""
    return machine_with(8, 256, vpu_spad_size_kb_per_lane=2)


def test_values_of_one_kernel_in_a_tiny_scratchpad(whole, tiny):
    program = whole.values_agree(tiny)
    kernels = [op for op in program.module.ops if isinstance(op, KernelOp)]
    with_arrays = [op for op in kernels if any(isinstance(o, PreloadOp) for o in op.walk())]
    assert len(with_arrays) == 1
    whole.simulate_compiled(program)


@pytest.mark.slow
def test_values_at_every_stage(whole, stage_machine):
    whole.every_stage_agrees(stage_machine, has_twin=False)


@pytest.mark.slow
def test_values_on_every_machine(whole, machine):
    whole.values_agree(machine)
