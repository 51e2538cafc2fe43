"""MobileNet V2 as published (Sandler et al., 2018), with the parameters of torchvision's."""

from __future__ import annotations

from torch import Tensor, nn

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Of each stage: how much wider inside, output channels, blocks, stride of the first block."""


def mobilenet_v2() -> nn.Module:
    """The network of width 1."""
    return MobileNetV2()


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Module:
    """A convolution that keeps the image's size at stride 1, batch norm, ReLU6."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6())


class InvertedResidual(nn.Module):
    """1x1 to more channels, 3x3 on each of them, 1x1 to few; added to the input if it fits."""

    def __init__(self, inputs: int, outputs: int, stride: int, wider: int) -> None:
        super().__init__()
        hidden = inputs * wider
        widen = [convolution(inputs, hidden, 1)] if wider != 1 else []
        self.conv = nn.Sequential(
            *widen,
            convolution(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.is_added = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, outputs, h / stride, w / stride)."""
        return x + self.conv(x) if self.is_added else self.conv(x)


class MobileNetV2(nn.Module):
    """Images (n, 3, h, w) to 1,000 classes."""

    def __init__(self) -> None:
        super().__init__()
        parts = [convolution(3, 32, 3, 2)]
        channels = 32
        for wider, outputs, depth, stride in STAGES:
            for at in range(depth):
                parts.append(InvertedResidual(channels, outputs, stride if at == 0 else 1, wider))
                channels = outputs
        self.features = nn.Sequential(*parts, convolution(channels, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 1000)."""
        return self.classifier(self.features(x).mean((2, 3)))
