"""What tests of imports share: stage 0, run by upstream's JIT, beside eager PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from npu.frontend.eager import eager
from npu.frontend.stage0.normalise import parse_stage0
from npu.frontend.stage0.operations import ALLOWED_OPS
from npu.frontend.torch.import_model import import_model
from npu.frontend.upstream.client import execute

Agree = Callable[..., str]


class Calls(nn.Module):
    """A function as a model."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> object:
        return self.function(*inputs)


@pytest.fixture(scope="session")
def agree() -> Agree:
    """A check that a model's stage 0 computes what eager PyTorch does; gives the text."""

    def check(
        model: nn.Module | Callable[..., object], *inputs: Tensor, tolerance: float = 4e-6
    ) -> str:
        module = model if isinstance(model, nn.Module) else Calls(model)
        module = module.eval()
        program = import_model(module, inputs)
        parsed = parse_stage0(program.text)
        parsed.verify()
        assert {op.name for op in parsed.walk()} <= ALLOWED_OPS
        assert f"{parsed!s}\n" == program.text
        wanted = eager(module, inputs, program.changes)
        types = [np.dtype(np.int32) if w.dtype.kind == "i" else w.dtype for w in wanted]
        found = execute(program.text, program.values, [w.shape for w in wanted], "test", types)
        for f, w in zip(found, wanted, strict=True):
            assert np.array_equal(np.isnan(f), np.isnan(w))
            assert np.array_equal(np.isinf(f), np.isinf(w))
            finite = np.isfinite(w)
            scale = np.abs(w[finite]).max(initial=1e-30)
            assert np.abs(f[finite] - w[finite]).max(initial=0) <= tolerance * scale
        return program.text

    return check


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Weights and inputs are the same every time."""
    torch.manual_seed(0)
