"""Equal layers share kernels, whatever they are called; a module is as good as its text."""

import re

import pytest
import torch
from torch import nn

from npu.dialects.npu import GroupOp, KernelOp
from npu.frontend.imported import Imported
from npu.frontend.torch.import_model import import_model
from npu.runtime.compiler import compile_text
from npu.runtime.report import launches_of


class Block(nn.Module):
    """A residual layer with a norm."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x + torch.relu(self.linear(x)))


def imported(copies: int) -> Imported:
    model = nn.Sequential(*[Block() for _ in range(copies)]).eval()
    return import_model(model, (torch.randn(6, 24),))


@pytest.mark.parametrize("copies", [1, 3])
def test_copies_of_a_block_are_launches_of_the_same_kernels(copies):
    program = compile_text(imported(copies).text, "8x8")
    module = program.module
    kernels = [op.sym_name.data for op in module.ops if isinstance(op, KernelOp)]
    launches = launches_of(module)
    assert kernels == ["matmul_layer_norm_6x24x24"]
    assert [one.kernel.string_value() for one in launches] == kernels * copies
    assert all(one.origin.torch_ops for one in launches)
    groups = [op for op in program.stage_module("npu-group").walk() if isinstance(op, GroupOp)]
    assert [one.sym_name.data for one in groups] == kernels * copies
    assert [one.sym_name.data for one in groups if one.body is not None] == kernels
    lines = {line.split(":")[0] for one in launches for line in one.origin.torch_lines}
    assert "test_shared_kernels.py" in lines


def test_launches_name_the_module_where_the_line_is_of_pytorch():
    layers = [nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 8), nn.Softmax(-1)), Block(8)]
    model = nn.Sequential(*layers).eval()
    text = import_model(model, (torch.randn(3, 8),)).text
    module = compile_text(text, "8x8", join=False).module
    first, second, third, *block = launches_of(module)
    assert first.kernel == second.kernel
    assert [
        re.sub(r":\d+", "", ", ".join(one.origin.torch_lines)) for one in (first, second, third)
    ] == [
        "linear.py in module 0",
        "linear.py in module 1.0",
        "activation.py in module 1.1",
    ]
    lines = [line for one in block for line in one.origin.torch_lines]
    assert all(re.fullmatch(r"test_shared_kernels\.py:\d+", line) for line in lines)


def test_the_module_gives_what_its_text_gives_and_stays():
    source = imported(2)
    assert not isinstance(source.source, str)
    read = compile_text(source.text, "8x8").stages
    for _ in range(2):
        passed = compile_text(source.source, "8x8").stages
        assert dict(passed) == dict(read)
    assert str(source.source) + "\n" == source.text == read["linalg"]
