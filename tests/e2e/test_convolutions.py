"""Convolutions and pools on the whole way: every stage, Spike, the graph and its simulation."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

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


MODULES = {"network": (network, (1, 3, 21, 19))}


@pytest.fixture
def small(machine_with):
    """A machine of the test's: an 8 x 8 array and a scratchpad that a tile does not fill."""
    return machine_with(lanes=8, vlen=256, vpu_spad_size_kb_per_lane=4)


def test_values_and_cycles(whole, small):
    result = whole.simulate_compiled(whole.values_agree(small))
    assert result.total_cycles > 0
