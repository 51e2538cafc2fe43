"""Small ones of the models of `examples/models`: values on Spike as eager PyTorch's, and cycles."""

import runpy
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parents[2] / "examples" / "models"


def bert(names):
    made = names["Bert"](words=20, hidden=16, heads=2, inner=24, layers=1, longest=12)
    return made, (torch.randint(0, 20, (2, 9)), (torch.arange(18) % 9 < 7).long().reshape(2, 9))


def gpt(names):
    return names["Gpt"](words=20, hidden=16, heads=2, layers=1, longest=12), (ids(9),)


def llama_step(names):
    made = names["Llama"](words=20, hidden=16, heads=4, groups=2, inner=24, layers=1, longest=7)
    return made, (ids(1), torch.tensor([3]))


def ids(count):
    return torch.randint(0, 20, (1, count))


def vit(names):
    made = names["Vit"](size=12, patch=4, hidden=16, heads=2, inner=24, layers=1, classes=5)
    return made, (torch.randn(2, 3, 12, 12),)


def lstm(names):
    made = names["Recurrent"](features=5, hidden=9, layers=2, classes=4)
    return made, (torch.randn(3, 2, 5),)


def unet(names):
    made = names["Unet"](channels=8, words=6, heads=2)
    return made, (torch.randn(1, 4, 6, 6), torch.tensor([3.0]), torch.randn(1, 5, 6))


def yolo(names):
    return names["Yolo"](width=2, classes=3), (torch.randn(1, 3, 32, 32),)


def classifier(names):
    made = names["Classifier"](size=8, width=3, classes=4)
    return made, (torch.randn(6, 1, 8, 8), torch.randint(0, 4, (6,)))


QUICK = (bert, llama_step, vit, lstm, classifier)
SLOW = (gpt, unet, yolo)
CASES = (*QUICK, *(pytest.param(one, marks=pytest.mark.slow) for one in SLOW))


@pytest.mark.parametrize("make", CASES, ids=[one.__name__ for one in (*QUICK, *SLOW)])
def test_values_and_cycles(make, whole_of, machine_with):
    torch.manual_seed(0)
    model, inputs = make(runpy.run_path(str(FOLDER / f"{make.__name__}.py")))
    whole = whole_of(model.eval(), inputs)
    program = whole.compile(machine_with(8, 256))
    whole._check_spike(program, has_twin=False)
    assert whole.simulate_compiled(program).total_cycles
