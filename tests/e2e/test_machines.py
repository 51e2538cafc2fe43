"""Shipped machines: the same values on all of them, and cycles on those with several cores."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from npu.configs.loader import load, shipped_names

FUNCTIONS = {
    "matmul": (lambda a, b, c: F.gelu(torch.addmm(c, a, b)), (300, 140), (140, 270), (270,)),
    "softmax": (lambda x: F.softmax(x, dim=-1), (130, 70)),
    "chain": (lambda x: torch.exp(torch.tanh(x) * 0.5) + torch.sigmoid(x), (90, 70)),
}
MODULES = {"norm": (lambda: nn.LayerNorm(70), (130, 70))}

ALL = shipped_names()
SEVERAL_CORES = [name for name in ALL if load(name).num_cores > 1]


@pytest.mark.parametrize("name", ALL)
def test_values(whole, name):
    whole.values_agree(load(name))


@pytest.mark.parametrize("name", SEVERAL_CORES)
def test_cycles_of_several_cores(whole, name):
    machine = load(name)
    result = whole.simulate(machine)
    assert len(result.cores) == machine.num_cores
    busy = [core for core, stats in enumerate(result.cores) if stats.instructions.movin > 0]
    assert busy == list(machine.queue_cores(0)), "a core did nothing, or another queue's work"


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_special_functions_by_instruction(whole, machine_with, cores):
    machine = machine_with(32, 1024, special_functions="instruction", num_cores=cores)
    whole.values_agree(machine)
