"""Shipped machines: the same values on all of them, and cycles on those with several cores.

Every run takes each machine with one of the models, by turns; `make test-full` with all.
"""

import itertools

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

MODELS = [*FUNCTIONS, *MODULES]
ALL = shipped_names()
SEVERAL_CORES = [name for name in ALL if load(name).num_cores > 1]


def by_turns(some, others):
    """All pairs: of each of `some` all but one, of the next the next one, are for the slow set."""
    return [
        pytest.param(one, other, marks=() if other == turn else pytest.mark.slow)
        for one, turn in zip(some, itertools.cycle(others))
        for other in others
    ]


@pytest.fixture
def of(function_whole, module_whole):
    """The model of a name, imported."""

    def of(model):
        return (
            function_whole(*FUNCTIONS[model])
            if model in FUNCTIONS
            else module_whole(*MODULES[model])
        )

    return of


@pytest.mark.parametrize(("name", "model"), by_turns(ALL, MODELS))
def test_values(of, name, model):
    of(model).values_agree(load(name))


@pytest.mark.parametrize(("name", "model"), by_turns(SEVERAL_CORES, MODELS))
def test_cycles_of_several_cores(of, name, model):
    machine = load(name)
    result = of(model).simulate(machine)
    assert len(result.cores) == machine.num_cores
    busy = [core for core, stats in enumerate(result.cores) if stats.instructions.movin > 0]
    assert busy == list(machine.queue_cores(0)), "a core did nothing, or another queue's work"


@pytest.mark.parametrize(("model", "cores"), by_turns(MODELS, [1, 2, 3]))
def test_special_functions_by_instruction(of, machine_with, model, cores):
    machine = machine_with(32, 1024, special_functions="instruction", num_cores=cores)
    of(model).values_agree(machine)
