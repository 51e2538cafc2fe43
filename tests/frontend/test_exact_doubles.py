"""Tensors of float64 that only hold numbers of float32 are float32 inside, and float64 outside."""

import pytest
import torch
from torch import nn

from npu.configs.errors import UserError
from npu.frontend.compile import compile as npu_compile
from npu.frontend.torch.import_model import import_model


class Model(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def taken(x):
    wide = x.double()
    return (
        wide.t(),
        torch.ones_like(x, dtype=torch.float64),
        wide.float() + 1,
        x.new_full((2,), 0.5).double(),
    )


def test_what_is_only_converted_is_right():
    x = torch.randn(3, 4)
    outputs, _ = npu_compile(Model(taken), (x,), "8x8").run(x, timing=False)
    for found, wanted in zip(outputs, taken(x), strict=True):
        assert found.dtype == wanted.dtype
        assert torch.equal(found, wanted)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.double() * 3.0,
        lambda x: x.double() > 0.1,
        lambda x: torch.full_like(x, 0.1, dtype=torch.float64),
        lambda x: (x.double().t(), x.double().t().sin()),
        lambda x: x.to(torch.int32).double(),
    ],
)
def test_what_computes_in_float64_is_refused(function):
    with pytest.raises(UserError, match="float64"):
        import_model(Model(function), (torch.randn(3, 4),))
