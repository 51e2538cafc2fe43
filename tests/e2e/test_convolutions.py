"""Convolutions and pools on the whole way: every stage, Spike, the graph and its simulation."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from npu.runtime.compiler import compile_text

FUNCTIONS = {
    "strided": (
        lambda x, w, b: F.relu(F.conv2d(x, w, b, stride=2, padding=1)),
        (2, 3, 13, 12),
        (9, 3, 3, 3),
        (9,),
    ),
    "dilated": (
        lambda x, w: F.conv2d(x, w, padding="same", dilation=2),
        (1, 9, 11, 11),
        (17, 9, 3, 3),
    ),
    "grouped": (
        lambda x, w: F.conv2d(x, w, groups=2, padding=1),
        (1, 6, 9, 10),
        (8, 3, 3, 3),
    ),
    "depthwise": (
        lambda x, w: F.relu6(F.conv2d(x, w, stride=2, groups=10, padding=1)),
        (2, 10, 9, 9),
        (10, 1, 3, 3),
    ),
    "signal": (lambda x, w: F.conv1d(x, w, stride=3), (2, 1, 40), (5, 1, 7)),
    "volume": (
        lambda x, w, b: F.conv3d(x, w, b, stride=(1, 2, 1), padding=1),
        (1, 3, 4, 5, 6),
        (9, 3, 2, 3, 3),
        (9,),
    ),
    "volume by channel": (
        lambda x, w: F.conv3d(x, w, stride=(1, 2, 1), padding=1, groups=3),
        (1, 3, 4, 5, 6),
        (3, 1, 2, 3, 3),
    ),
    "transposed by data": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1, 2, (1, 2)),
        (1, 6, 4, 5),
        (6, 2, 3, 3),
        (4,),
    ),
    "reversed": (lambda x: x.flip(0, 2) - x, (5, 3, 17)),
    "wide": (lambda x, w: F.conv2d(x, w, padding="same"), (1, 3, 7, 8), (5, 3, 4, 3)),
    "pixels": (lambda x, w, r: F.relu(F.conv2d(x, w) + r), (3, 9, 5, 7), (17, 9, 1, 1), (17, 5, 7)),
    "some pixels": (lambda x, w: F.conv2d(x, w, stride=(2, 3)), (2, 9, 5, 7), (10, 9, 1, 1)),
    "multiplied": (
        lambda x, w: F.hardswish(F.conv2d(x, w, groups=3, padding=1)),
        (1, 3, 6, 5),
        (12, 1, 3, 3),
    ),
    "many groups": (
        lambda x, w: F.silu(F.conv2d(x, w, groups=4, padding=1)),
        (2, 12, 6, 5),
        (20, 3, 3, 3),
    ),
    "adaptive": (lambda x: F.adaptive_avg_pool2d(x, (3, 2)), (2, 9, 7, 5)),
    "adaptive maxima": (lambda x: F.adaptive_max_pool2d(x, 3), (1, 9, 7, 9)),
    "global": (
        lambda x: F.adaptive_avg_pool2d(x.to(memory_format=torch.channels_last), 1),
        (2, 9, 4, 5),
    ),
    "ceiled": (lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), (1, 9, 6, 8)),
    "ceiled means": (
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=True),
        (1, 9, 6, 8),
    ),
    "divided": (lambda x: F.avg_pool2d(x, (2, 3), 2, divisor_override=5), (1, 9, 6, 8)),
    "maxima of a signal": (lambda x: F.max_pool1d(x, 3, 2), (2, 9, 11)),
    "means of a volume": (lambda x: F.avg_pool3d(x, 2), (1, 9, 4, 4, 5)),
    "trained": (
        lambda x, w, b: F.relu(F.batch_norm(x, None, None, w, b, training=True)),
        (3, 9, 4, 5),
        (9,),
        (9,),
    ),
    "pool": (lambda x: F.max_pool2d(x, 3, 2, 1) - 1, (2, 9, 12, 13)),
    "mean": (lambda x: F.avg_pool2d(x, 2, 2, count_include_pad=False, padding=1), (1, 9, 8, 9)),
}


class Residual(nn.Module):
    """A block whose input is added behind its second convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.norm(self.second(F.relu(self.first(x)))))


def network():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, 2, 2),
        nn.MaxPool2d(3, 2, 1),
        Residual(8),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 5),
    )


MODULES = {
    "network": (network, (1, 3, 21, 19)),
    "transposed signal": (
        lambda: nn.ConvTranspose1d(3, 4, 4, stride=3, padding=1, output_padding=2),
        (2, 3, 6),
    ),
    "transposed": (
        lambda: nn.ConvTranspose2d(6, 4, 3, 2, 1, 1, groups=2, dilation=(1, 2)),
        (1, 6, 4, 5),
    ),
    "transposed volume": (
        lambda: nn.ConvTranspose3d(2, 3, (2, 2, 3), stride=(1, 2, 1), bias=False),
        (1, 2, 3, 3, 2),
    ),
}


@pytest.fixture
def small(machine_with):
    """A machine of the test's: an 8 x 8 array and a scratchpad that a tile does not fill."""
    return machine_with(lanes=8, vlen=256, vpu_spad_size_kb_per_lane=4)


@pytest.mark.parametrize("strategy", ["taps", "row", "folded"])
def test_strategies_have_the_same_values(function_whole, small, strategy):
    case = (
        lambda x, w: F.relu(F.conv2d(x, w, stride=2, padding=1)),
        (2, 3, 13, 12),
        (9, 3, 3, 3),
    )
    whole = function_whole(*case)
    program = compile_text(whole.imported.text, small, conv_strategy=strategy)
    assert f"strategy = {strategy}" in program.ir("npu-map")
    whole.final_form_agrees(program)


def test_values_and_cycles(whole, small):
    result = whole.simulate_compiled(whole.values_agree(small))
    assert result.total_cycles > 0
