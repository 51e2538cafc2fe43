"""Stage 0 of models computes what eager PyTorch computes, and keeps to its contract."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.linalg.ops import GenericOp

from npu.frontend.eager import eager
from npu.frontend.source import Source, open_source
from npu.frontend.stage0.normalise import parse_stage0
from npu.frontend.stage0.operations import ALLOWED_OPS
from npu.frontend.torch.import_model import import_model
from npu.frontend.upstream.client import execute

EXAMPLES = Path(__file__).parents[2] / "examples"

CONVOLUTIONS = ["conv_2x9x7x3x4x3x2x1", "conv_1x5x6x4x3x1x1x0", "conv_1x5x6x4x3x1x2x1"]


class Many(nn.Module):
    """Every decomposition and every supported operator once."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 6)
        self.plain = nn.Linear(8, 6, bias=False)
        self.norm = nn.LayerNorm(8)
        self.bare = nn.LayerNorm([4, 8], elementwise_affine=False)
        self.scale = nn.Parameter(torch.tensor([0.5]))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        root = x.abs() + 0.5
        row = x[0:1].reshape(4, 8) if x.shape[0] == 1 else x.sum(0)
        return (
            self.linear(x),
            self.plain(self.norm(x)),
            self.bare(x),
            F.softmax(x, -1),
            F.softmax(x, 1),
            F.gelu(x),
            F.gelu(x, approximate="tanh"),
            F.silu(x),
            F.relu(x) * torch.tanh(x) - torch.sigmoid(x),
            torch.erf(x) / root,
            torch.exp(-x) + x.pow(3) + root.pow(-2) + root.sqrt() + root.rsqrt(),
            torch.maximum(x, 1 - x) + torch.minimum(x, x * 2),
            torch.clamp(x, -0.5, 0.5) + self.scale,
            x.mean(-1, keepdim=True) + x.sum(-1, keepdim=True),
            (x.amax(-1, keepdim=True) + x.amin(-1, keepdim=True)) * 2,
            x * (x.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt(),
            torch.var(x, -1),
            *torch.var_mean(x, -1, keepdim=True, correction=0),
            torch.matmul(x, x.transpose(-1, -2)),
            torch.matmul(x, row.t()),
            torch.addmm(x.sum(0), row, row.t() @ row, alpha=0.5, beta=2),
            torch.baddbmm(x, x, (row.t() @ row).expand(x.shape[0], 8, 8)),
            F.scaled_dot_product_attention(x, x, x),
            x.permute(2, 0, 1).contiguous().view(8, -1),
            x.unsqueeze(1).squeeze(1) + torch.full((8,), 0.25),
        )


class Words(nn.Module):
    """Modules under names that are no words of Python."""

    def __init__(self) -> None:
        super().__init__()
        one: dict[str, nn.Module] = {"in": nn.Linear(3, 4), "for'\\": nn.LayerNorm(4)}
        self.inner = nn.ModuleDict(one)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner["for'\\"](self.inner["in"](x))


def difference(source: Source) -> list[float]:
    """Largest difference of each output, relative to its largest magnitude."""
    expected = source.reference()
    wanted = expected.doubles or expected.singles or []
    found = execute(source.text, source.program.values, [w.shape for w in wanted], source.name)
    assert len(wanted) == len(source.program.output_types)
    return [
        float(np.abs(f - w).max() / np.abs(w).max()) for f, w in zip(found, wanted, strict=True)
    ]


@pytest.mark.parametrize("batch", [2, 3])
def test_operators_agree_with_eager(batch: int) -> None:
    torch.manual_seed(batch)
    model, inputs = Many().eval(), (torch.randn(batch, 4, 8),)
    program = import_model(model, inputs)
    wanted = eager(model, inputs)
    found = execute(program.text, program.values, [w.shape for w in wanted], "many")
    for f, w in zip(found, wanted, strict=True):
        assert np.abs(f - w).max() <= 2e-6 * np.abs(w).max()


@pytest.mark.parametrize("name", ["mlp.py", "encoder.py", "cnn.py"])
def test_examples_agree_with_eager(name: str) -> None:
    assert max(difference(open_source(str(EXAMPLES / name)))) < 1e-5


@pytest.mark.parametrize(
    "name", ["gemm_7x13x5", "gemm_1x5x1", "layernorm_7x13", "softmax_7x5", *CONVOLUTIONS]
)
def test_workloads_agree_with_numpy(name: str) -> None:
    source = open_source(name)
    assert max(difference(source)) < 1e-5
    assert f"{parse_stage0(source.text)!s}\n" == source.text


@pytest.mark.parametrize(
    ("name", "model"),
    [("layernorm_7x13", nn.LayerNorm(13)), ("softmax_7x13", nn.Softmax(-1))],
)
def test_row_workloads_are_what_the_model_imports_to(name: str, model: nn.Module) -> None:
    imported = parse_stage0(import_model(model, (torch.randn(7, 13),)).text)
    written = parse_stage0(open_source(name).text)

    def computing(module: ModuleOp) -> list[tuple[str, list[str]]]:
        return [
            (str(op.indexing_maps), [inner.name for inner in op.body.block.ops])
            for op in module.walk()
            if isinstance(op, GenericOp)
        ]

    assert computing(imported) == computing(written)


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolution_workloads_are_what_the_model_imports_to(name: str) -> None:
    sizes = [int(n) for n in name.removeprefix("conv_").split("x")]
    images, height, width, inputs, outputs, kernel, stride, padding = sizes
    model = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
    imported = import_model(model, (torch.randn(images, inputs, height, width),)).text

    def plain(text: str) -> list[str]:
        """Without names and origins; a pad and a reshape may stand in either order."""
        kept = re.sub(r", npu\.torch_line = \"[^\"]*\"|%\w+", "", text)
        return sorted(line.strip() for line in kept.splitlines())

    assert plain(imported) == plain(open_source(name).text)


def test_stage0_keeps_to_its_contract() -> None:
    text = open_source(str(EXAMPLES / "encoder.py")).text
    module = parse_stage0(text)
    module.verify()
    assert {op.name for op in module.walk()} <= ALLOWED_OPS
    assert f"{module!s}\n" == text
    assert 'npu.torch_op = "aten.layer_norm"' in text
    assert 'npu.torch_line = "encoder.py:' in text


def test_imports_are_the_same_every_time() -> None:
    texts = {open_source(str(EXAMPLES / "mlp.py")).text for _ in range(2)}
    assert len(texts) == 1


def test_arguments_are_weights_then_inputs() -> None:
    program = open_source(str(EXAMPLES / "mlp.py")).program
    assert [a.name for a in program.arguments][:2] == ["0.weight", "0.bias"]
    assert program.input_positions == (6,)
    assert all(
        a.value.dtype == np.float32 and a.value.flags.c_contiguous for a in program.arguments
    )


def test_unit_rows_need_no_map_constants() -> None:
    text = import_model(nn.LayerNorm(5), (torch.randn(1, 5),)).text
    assert "-> (0)" not in text
    assert "_shape" not in text


def test_epilogue_stays_beside_its_product() -> None:
    model = nn.Sequential(nn.Linear(5, 4), nn.Sigmoid())
    text = import_model(model, (torch.randn(2, 8, 5),)).text
    assert text.index("math.exp") < text.index("tensor.expand_shape")


def test_inputs_may_be_views() -> None:
    text = import_model(nn.ReLU(), (torch.linspace(-1, 1, 20).reshape(4, 5),)).text
    assert "tensor<4x5xf32>" in text


def test_names_that_are_no_words_of_python() -> None:
    """PyTorch rewrites a program by code that it generates, with the names in it."""
    model = Words().eval()
    inputs = (torch.randn(2, 3),)
    program = import_model(model, inputs)
    names = [one.name for one in program.arguments]
    assert {"inner.in.weight", "inner.for'\\.weight"} <= set(names)
    (wanted,) = eager(model, inputs)
    (found,) = execute(program.text, program.values, [wanted.shape], "words")
    assert np.abs(found - wanted).max() <= 2e-6 * np.abs(wanted).max()
