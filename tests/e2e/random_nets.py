"""Random convolutional networks: up to six layers over small images of odd sizes.

A layer is drawn to fit what comes in, so that PyTorch takes every network: a kernel never reaches
beyond a padded image, and groups divide the channels.
"""

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import nn

MOST_LAYERS = 6
CHANNELS = (1, 2, 3, 4, 6, 8, 9, 17)
"""Fewer than an array of 8 has rows, as many, more, and odd ones."""

ACTIVATIONS = {
    "ReLU": nn.ReLU,
    "ReLU6": nn.ReLU6,
    "SiLU": nn.SiLU,
    "Hardswish": nn.Hardswish,
    "LeakyReLU": nn.LeakyReLU,
    "Sigmoid": nn.Sigmoid,
    "GELU": nn.GELU,
}


@dataclass(frozen=True)
class Net:
    """A drawn network: the text of its layers, the shape of its input, and what draws values."""

    layers: tuple[str, ...]
    shape: tuple[int, int, int, int]
    is_channels_last: bool
    seed: int

    def build(self) -> tuple[nn.Module, torch.Tensor]:
        """The network in eval mode, and its input."""
        torch.manual_seed(self.seed)
        names = {"nn": nn, "Residual": Residual}
        model = nn.Sequential(*(eval(text, names) for text in self.layers)).eval()
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                assert part.running_mean is not None
                assert part.running_var is not None
                nn.init.uniform_(part.running_mean, -1, 1)
                nn.init.uniform_(part.running_var, 0.5, 2)
                nn.init.uniform_(part.weight, 0.5, 2)
        x = torch.randn(self.shape)
        return model, x.to(memory_format=torch.channels_last) if self.is_channels_last else x


class Residual(nn.Module):
    """What comes in is added to what its layers make of it."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x)


@st.composite
def nets(draw) -> Net:
    """A network of one to six layers."""
    shape = (
        draw(st.integers(1, 3)),
        draw(st.sampled_from(CHANNELS)),
        draw(st.integers(3, 13)),
        draw(st.integers(3, 13)),
    )
    layers: list[str] = []
    now = shape[1:]
    for _ in range(draw(st.integers(1, MOST_LAYERS))):
        make = draw(st.sampled_from((conv, conv, conv, pool, norm, activation, residual)))
        text, now = make(draw, now)
        layers.append(text)
    if draw(st.booleans()):
        layers += ["nn.Flatten()", f"nn.Linear({now[0] * now[1] * now[2]}, 5)"]
    return Net(tuple(layers), shape, draw(st.booleans()), draw(st.integers(0, 99)))


def conv(draw, now):
    """A convolution, of groups or of each channel alone, or a transposed one."""
    if draw(st.integers(0, 5)) == 0:
        return transposed(draw, now)
    channels, *image = now
    kernel = [draw(st.integers(1, 4)) for _ in image]
    stride = [draw(st.integers(1, 3)) for _ in image]
    dilation = [draw(st.integers(1, 2)) for _ in image]
    padding = [draw(st.integers(0, 2)) for _ in image]
    for i, size in enumerate(image):
        while dilation[i] * (kernel[i] - 1) + 1 > size + 2 * padding[i]:
            kernel[i] -= 1
    groups, outputs = grouped(draw, channels)
    if draw(st.integers(0, 4)) == 0:
        text, new = f"padding='same', dilation={tuple(dilation)}", image
    else:
        text = f"stride={tuple(stride)}, padding={tuple(padding)}, dilation={tuple(dilation)}"
        new = [
            (size + 2 * p - d * (k - 1) - 1) // s + 1
            for size, k, s, p, d in zip(image, kernel, stride, padding, dilation, strict=True)
        ]
    bias = draw(st.booleans())
    layer = f"nn.Conv2d({channels}, {outputs}, {tuple(kernel)}, {text}, groups={groups}"
    return f"{layer}, bias={bias})", (outputs, *new)


def transposed(draw, now):
    """A transposed convolution, its steps and what is added at its end."""
    channels, *image = now
    kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    extra = draw(st.integers(0, stride - 1))
    padding = draw(st.integers(0, (kernel - 1) // 2))
    groups, outputs = grouped(draw, channels)
    new = [(size - 1) * stride - 2 * padding + kernel + extra for size in image]
    sizes = f"{channels}, {outputs}, {kernel}, {stride}, {padding}, {extra}"
    return f"nn.ConvTranspose2d({sizes}, groups={groups})", (outputs, *new)


def grouped(draw, channels: int) -> tuple[int, int]:
    """Groups that divide the channels, and output channels that they divide."""
    groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
    if draw(st.booleans()):
        groups = 1
    most = max(1, 17 // groups)
    return groups, groups * draw(st.integers(1, most))


def pool(draw, now):
    """A pool of windows, or one that is given the size of its result."""
    channels, *image = now
    kind = draw(st.sampled_from(("MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d")))
    if kind == "AdaptiveAvgPool2d":
        size = draw(st.integers(1, min(image)))
        return f"nn.{kind}({size})", (channels, size, size)
    kernel = draw(st.integers(1, min(3, *image)))
    stride, padding = draw(st.integers(1, 3)), draw(st.integers(0, kernel // 2))
    ceil_mode = draw(st.booleans())
    more = "" if kind == "MaxPool2d" else f", count_include_pad={draw(st.booleans())}"
    text = f"nn.{kind}({kernel}, {stride}, {padding}, ceil_mode={ceil_mode}{more})"
    with torch.no_grad():
        after = eval(text, {"nn": nn})(torch.zeros(1, *now))
    return text, tuple(after.shape[1:])


def norm(draw, now):
    """A norm over channels, images or both."""
    channels = now[0]
    kinds = [f"nn.BatchNorm2d({channels})", f"nn.GroupNorm(1, {channels})"]
    kinds.append(f"nn.LayerNorm({list(now)})")
    return draw(st.sampled_from(kinds)), now


def activation(draw, now):
    """A function of each element."""
    return f"nn.{draw(st.sampled_from(sorted(ACTIVATIONS)))}()", now


def residual(draw, now):
    """A block of one convolution, and what may come behind it."""
    channels, kernel = now[0], draw(st.sampled_from((1, 3)))
    layer = f"nn.Conv2d({channels}, {channels}, {kernel}, padding='same')"
    more = draw(st.sampled_from(("", ", nn.ReLU()", f", nn.BatchNorm2d({channels})")))
    return f"Residual({layer}{more})", now
