"""ResNets as published (He et al., 2015), with the parameters of torchvision's.

A block that narrows has its stride in the 3x3 convolution, as there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)
"""Channels inside the blocks of each of the four stages."""


def resnet18() -> nn.Module:
    """Eight blocks of two 3x3 convolutions."""
    return ResNet(BasicBlock, (2, 2, 2, 2))


def resnet50() -> nn.Module:
    """Sixteen blocks that narrow, convolve and widen."""
    return ResNet(Bottleneck, (3, 4, 6, 3))


class Block(nn.Module, ABC):
    """What adds its input to what it computes; the input goes through ``downsample`` if any."""

    widening = 1

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    @abstractmethod
    def inner(self, x: Tensor) -> Tensor:
        """What is added to the input."""

    def forward(self, x: Tensor) -> Tensor:
        """The rectified sum."""
        beside = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.inner(x) + beside)


class BasicBlock(Block):
    """Two 3x3 convolutions."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__(inputs, width, stride)
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def inner(self, x: Tensor) -> Tensor:
        """Both, with a rectifier between them."""
        return self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))


class Bottleneck(Block):
    """A 1x1 convolution to fewer channels, a 3x3 one, and a 1x1 one to four times as many."""

    widening = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        outputs = width * self.widening
        super().__init__(inputs, outputs, stride)
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)

    def inner(self, x: Tensor) -> Tensor:
        """All three, with rectifiers between them."""
        narrow = torch.relu(self.bn1(self.conv1(x)))
        return self.bn3(self.conv3(torch.relu(self.bn2(self.conv2(narrow)))))


class ResNet(nn.Module):
    """Images (n, 3, h, w) to 1,000 classes."""

    def __init__(self, block: type[BasicBlock | Bottleneck], depths: Sequence[int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = 64
        for number, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True), 1):
            blocks: list[nn.Module] = []
            for at in range(depth):
                blocks.append(block(channels, width, 2 if number > 1 and at == 0 else 1))
                channels = width * block.widening
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 1000)."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for number in range(1, len(WIDTHS) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return self.fc(self.avgpool(x).flatten(1))
