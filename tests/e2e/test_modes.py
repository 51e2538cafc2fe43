"""Modes: what they do to programs, and that values are right in them."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from npu.configs.errors import UserError
from npu.passes.modes import MODES, mode_of
from npu.runtime.compiler import compile_text

MODE = "xla-tpu"


class Block(nn.Module):
    """Attention with a mask between norms, as blocks of transformers have it."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.LayerNorm(12), nn.LayerNorm(12, bias=False)
        self.up, self.down = nn.Linear(12, 20), nn.Linear(20, 12)

    def forward(self, x):
        y = self.first(x + self.down(F.gelu(self.up(x))))
        y = F.scaled_dot_product_attention(y[None], x[None], y[None], is_causal=True)[0]
        return self.last(y) + y


def convolutions(x, w, v):
    y = F.relu(F.conv2d(x, w, stride=2, padding=1))
    return F.conv2d(y, v, padding=(0, 2), dilation=(1, 2))


MODULES = {"block": (Block, (11, 12))}

FUNCTIONS = {
    "softmax": (lambda x: torch.softmax(x, 1) * 2, (9, 20)),
    "logarithms": (lambda x: torch.log_softmax(x, 0) + torch.logsumexp(x, 1)[:, None], (9, 7)),
    "softmax, read twice": (lambda x: torch.softmax(x, 1) @ torch.softmax(x, 1).T, (5, 13)),
    "group norm": (lambda x, w, b: F.group_norm(x, 2, w, b), (2, 4, 5, 3), (4,), (4,)),
    "rms norm": (lambda x, w: F.rms_norm(x, (17,), w), (6, 17), (17,)),
    "variance": (lambda x: x / (x.var(1, keepdim=True) + x.mean()), (6, 9)),
    "convolutions": (convolutions, (1, 3, 7, 6), (9, 3, 3, 3), (5, 9, 2, 3)),
    "product": (lambda x, y: x @ y, (33, 20), (20, 17)),
}


@pytest.fixture
def small(machine_with):
    """A machine whose scratchpad a tile of a product does not fill."""
    return machine_with(lanes=8, vlen=256, vpu_spad_size_kb_per_lane=16)


def test_values_are_those_of_eager_pytorch(whole, small):
    whole.final_form_agrees(compile_text(whole.imported.text, small, mode=MODE))


def launches(program):
    return program.ir("npu-place").count("npu.launch ")


@pytest.mark.parametrize(
    ("case", "apart", "fused"),
    [
        ((lambda x: torch.softmax(x, 1), (9, 20)), 3, 1),
        ((lambda x, w, b: F.layer_norm(x, (20,), w, b), (9, 20), (20,), (20,)), 4, 1),
        ((lambda x: F.scaled_dot_product_attention(x, x, x), (2, 30, 8)), 3, 1),
    ],
    ids=["softmax", "layer norm", "attention"],
)
def test_rows_are_several_programs(function_whole, case, apart, fused):
    text = function_whole(*case).imported.text
    assert launches(compile_text(text, "8x8", mode=MODE)) == apart
    assert launches(compile_text(text, "8x8")) == fused


def test_an_unknown_mode_is_refused(function_whole):
    text = function_whole(lambda x: x + 1, (3, 4)).imported.text
    with pytest.raises(UserError, match=r"no mode is called 'xla_tpu'; did you mean 'xla-tpu'\?"):
        compile_text(text, "8x8", mode="xla_tpu")
    with pytest.raises(UserError, match="'row' is not what mode 'xla-tpu' does, which is 'taps'"):
        compile_text(text, "8x8", mode=MODE, conv_strategy="row")


def test_modes_have_names():
    assert [mode_of(name).name for name in MODES] == list(MODES)
    assert mode_of("").name == ""
