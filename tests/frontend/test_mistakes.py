"""Each mistake of a user's ends in one message that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from npu.configs.errors import UserError
from npu.frontend.source import open_source
from npu.frontend.torch.import_model import import_model

SLICE = """\
func.func @main(%a: tensor<2xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tensor.insert_slice %a into %b[0] [2] [1] : tensor<2xf32> into tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
HEAD = "import torch\nfrom torch import nn\n"
FORWARD = "class M(nn.Module):\n  def forward(self, x):\n    return "


def message(what: str) -> str:
    with pytest.raises(UserError) as caught:
        open_source(what)
    return str(caught.value)


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x = 1\n", ["`model` is not defined", "expected"]),
        (HEAD + "model = nn.ReLU()\n", ["`inputs` is not defined"]),
        (HEAD + "model = nn.ReLU\ninputs = ()\n", ["is the class ReLU", "model = ReLU(...)"]),
        (HEAD + "model = 3\ninputs = ()\n", ["`model` is a int"]),
        (HEAD + "model = nn.ReLU()\ninputs = torch.ones(2)\n", ["inputs = (inputs,)"]),
        (HEAD + "model = nn.ReLU()\ninputs = [1]\n", ["`inputs` is a list"]),
        (HEAD + "model = nn.ReLU()\ninputs = (1,)\n", ["`inputs[0]` is a int"]),
        (HEAD + "model = nn.Linear(3, 4)\ninputs = (torch.ones(2, 5),)\n", ["cannot be exported"]),
        ("1 / 0\n", ["bad.py:1: 1 / 0", "ZeroDivisionError"]),
        ("import nowhere_to_be_found\n", ["bad.py:1", "ModuleNotFoundError"]),
        ("def f(:\n", ["bad.py:1: SyntaxError"]),
        ("import sys\nsys.exit(3)\n", ["exit 3"]),
        (HEAD + "model = nn.ReLU().double()\ninputs = (torch.ones(2).double(),)\n", ["float64"]),
        (
            HEAD
            + FORWARD
            + "torch.linalg.ldl_factor(x).LD\nmodel, inputs = M(), (torch.eye(3),)\n",
            [
                "not supported:\n  aten.linalg_ldl_factor_ex\n",
                "[from aten.linalg_ldl_factor]\nSupported",
            ],
        ),
        (
            HEAD + FORWARD + "x.sum().item()\nmodel, inputs = M(), (torch.eye(3),)\n",
            ["output 0 of the model is a number, by aten.item at", "only tensors"],
        ),
        (HEAD + "model = nn.Dropout()\ninputs = (torch.ones(2),)\n", ["model.eval()"]),
    ],
)
def test_python_files(tmp_path: Path, text: str, parts: list[str]) -> None:
    said = message(write(tmp_path, "bad.py", text))
    assert "Traceback" not in said
    for part in parts:
        assert part in said


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("func.func @main(%a: tensor<4xf32>) {\n", ["bad.mlir:1:37", "expected"]),
        ("nonsense\n", ["bad.mlir:1:1"]),
        ("", ["exactly one function"]),
        (
            "func.func @main(%a: tensor<?xf32>) -> tensor<?xf32> { return %a : tensor<?xf32> }",
            ["static shapes", "argument 0"],
        ),
        (
            "func.func @main(%a: tensor<4xf64>) -> tensor<4xf64> { return %a : tensor<4xf64> }",
            ["expected tensors of f32"],
        ),
        (
            SLICE,
            ["bad.mlir:2:", "tensor.insert_slice is not supported"],
        ),
    ],
)
def test_mlir_files(tmp_path: Path, text: str, parts: list[str]) -> None:
    said = message(write(tmp_path, "bad.mlir", text))
    for part in parts:
        assert part in said


@pytest.mark.parametrize(
    ("what", "parts"),
    [
        ("missing.py", ["does not exist"]),
        ("gem_1x2x3", ["did you mean gemm_MxKxN?"]),
        ("gemm_1x2", ["no such workload"]),
        ("gemm_0x2x3", ["at least 1"]),
        ("gemm_100000x100000x100000", ["at most"]),
        ("bert_bas", ["did you mean bert_base?"]),
        ("attention_12x512", ["no such workload"]),
        ("sdpa_prefill_b1_hq4_hkv0_s8_d8", ["at least 1"]),
        ("sdpa_prefill_1x4x4x8x8", ["sdpa_prefill_bB_hqHQ_hkvHKV_sS_dD"]),
        ("exp_99999999999", ["at most"]),
        ("conv_1x4x4x3x8x7x1x1", ["does not fit"]),
        ("conv_1x4x4x3x8x0x1x1", ["at least 1"]),
        ("conv_1x4x4", ["no such workload"]),
        ("resnet18_1x3x32", ["no such workload"]),
        ("resnet18_1x4x32x32", ["expected 3"]),
        ("some/where", ["expected a file ending in .py"]),
    ],
)
def test_names(what: str, parts: list[str]) -> None:
    said = message(what)
    for part in parts:
        assert part in said


def test_all_unsupported_operators_are_named_with_their_lines() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv1d(2, 2, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = torch.igamma(self.convolution(x), x)
            return y + torch.linalg.ldl_factor(y @ y.mT).LD.sum()

    with pytest.raises(UserError) as caught:
        import_model(Model(), (torch.ones(1, 2, 4),))
    said = str(caught.value)
    for name in ("aten.igamma", "aten.linalg_ldl_factor_ex"):
        assert name in said
    assert "test_mistakes.py:" in said
    assert "torch.igamma(self.convolution(x), x)" in said


def test_outputs_must_be_tensors() -> None:
    class Model(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, int]:
            return x + 1, 3

    with pytest.raises(UserError, match="output 1 of the model is 3"):
        import_model(Model(), (torch.ones(2),))


def test_a_cache_that_is_no_buffer_is_told() -> None:
    """The quick way of exporting takes it for a constant, which PyTorch cannot decompose."""

    class Cache:
        values = torch.zeros(4)

    class Remembers(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return Cache.values.add_(x) * 2

    with pytest.raises(UserError, match=r"cannot be exported.*mutated"):
        import_model(Remembers(), (torch.ones(4),))
