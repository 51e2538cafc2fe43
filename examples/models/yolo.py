"""A detector of objects as YOLOv5: three scales that are mixed upwards and downwards, then boxes.

npu run examples/models/yolo.py
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

ANCHORS = (
    ((10.0, 13.0), (16.0, 30.0), (33.0, 23.0)),
    ((30.0, 61.0), (62.0, 45.0), (59.0, 119.0)),
    ((116.0, 90.0), (156.0, 198.0), (373.0, 326.0)),
)
"""Widths and heights of boxes, three a scale, in pixels."""

STRIDES = (8, 16, 32)
"""Pixels from one place of a scale to the next."""


class Conv(nn.Sequential):
    """A convolution, its norm and its activation, in place."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        padding = 2 if kernel == 6 else kernel // 2
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3),
            nn.SiLU(inplace=True),
        )


class Split(nn.Module):
    """Two ways side by side, one through narrow blocks, joined by a third convolution."""

    def __init__(self, inputs: int, outputs: int, blocks: int = 1, *, adds: bool = True) -> None:
        super().__init__()
        inner = outputs // 2
        self.adds = adds
        self.left, self.right = Conv(inputs, inner), Conv(inputs, inner)
        self.blocks = nn.ModuleList(
            nn.Sequential(Conv(inner, inner), Conv(inner, inner, 3)) for _ in range(blocks)
        )
        self.last = Conv(2 * inner, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """x (n, inputs, h, w) to (n, outputs, h, w)."""
        y = self.left(x)
        for block in self.blocks:
            y = y + block(y) if self.adds else block(y)
        return self.last(torch.cat((y, self.right(x)), 1))


class Pools(nn.Module):
    """Maxima of ever larger windows beside what they are taken of."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.last = Conv(channels, channels // 2), Conv(2 * channels, channels)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """x (n, channels, h, w)."""
        found = [self.first(x)]
        for _ in range(3):
            found.append(self.pool(found[-1]))
        return self.last(torch.cat(found, 1))


class Boxes(nn.Module):
    """What the places of each scale say, as centres, sizes and confidences in pixels."""

    anchors: Tensor

    def __init__(self, classes: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.figures = classes + 5
        self.register_buffer("anchors", torch.tensor(ANCHORS))
        self.layers = nn.ModuleList(nn.Conv2d(one, 3 * self.figures, 1) for one in channels)

    def forward(self, scales: Sequence[Tensor]) -> Tensor:
        """(n, places of all scales, figures)."""
        found: list[Tensor] = []
        for scale, layer, stride, sizes in zip(
            scales, self.layers, STRIDES, self.anchors, strict=True
        ):
            n, _, height, width = scale.shape
            x = layer(scale).view(n, 3, self.figures, height, width).permute(0, 1, 3, 4, 2)
            rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
            corners = torch.stack((columns, rows), 2) - 0.5
            centre, size, rest = x.sigmoid().split((2, 2, self.figures - 4), 4)
            centre = (centre * 2 + corners) * stride
            size = (size * 2) ** 2 * sizes.view(1, 3, 1, 1, 2)
            found.append(torch.cat((centre, size, rest), 4).flatten(1, 3))
        return torch.cat(found, 1)


class Yolo(nn.Module):
    """Images (n, 3, h, w), both sizes multiples of 32, to boxes."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        w = width
        self.stem = nn.Sequential(Conv(3, w, 6, 2), Conv(w, 2 * w, 3, 2), Split(2 * w, 2 * w))
        self.eighth = nn.Sequential(Conv(2 * w, 4 * w, 3, 2), Split(4 * w, 4 * w, 2))
        self.sixteenth = nn.Sequential(Conv(4 * w, 8 * w, 3, 2), Split(8 * w, 8 * w))
        self.last = nn.Sequential(
            Conv(8 * w, 16 * w, 3, 2), Split(16 * w, 16 * w), Pools(16 * w), Conv(16 * w, 8 * w)
        )
        self.wider = nn.Upsample(scale_factor=2.0, mode="nearest")
        self.up = nn.Sequential(Split(16 * w, 8 * w, adds=False), Conv(8 * w, 4 * w))
        self.small = Split(8 * w, 4 * w, adds=False)
        self.down, self.middle = Conv(4 * w, 4 * w, 3, 2), Split(8 * w, 8 * w, adds=False)
        self.deeper, self.large = Conv(8 * w, 8 * w, 3, 2), Split(16 * w, 16 * w, adds=False)
        self.boxes = Boxes(classes, (4 * w, 8 * w, 16 * w))

    def forward(self, x: Tensor) -> Tensor:
        """Boxes (n, places, classes + 5)."""
        eighth = self.eighth(self.stem(x))
        sixteenth = self.sixteenth(eighth)
        deep = self.last(sixteenth)
        up = self.up(torch.cat((self.wider(deep), sixteenth), 1))
        small = self.small(torch.cat((self.wider(up), eighth), 1))
        middle = self.middle(torch.cat((self.down(small), up), 1))
        large = self.large(torch.cat((self.deeper(middle), deep), 1))
        return self.boxes((small, middle, large))


torch.manual_seed(0)

model = Yolo(width=16, classes=8).eval()
inputs = (torch.randn(1, 3, 128, 128),)
