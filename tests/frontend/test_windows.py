"""Convolutions and pools at stage 0: what eager computes, in the form that the passes read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.dialects.tensor import EmptyOp, PadOp

from npu.configs.errors import UserError
from npu.frontend.stage0.normalise import main_function, parse_stage0
from npu.frontend.stage0.pads import value_of
from npu.frontend.stage0.sums import is_windowed
from npu.frontend.torch.import_model import import_model
from tests.examples import examples


def windowed(text: str) -> list[GenericOp]:
    """The operations that read windows."""
    ops = main_function(parse_stage0(text)).body.block.ops
    return [op for op in ops if isinstance(op, GenericOp) and is_windowed(op)]


def maps(op: GenericOp) -> list[str]:
    """Maps of the operands, from `->` on."""
    return [str(each.data).split("-> ")[1] for each in op.indexing_maps]


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[nn.Module, torch.Tensor]:
    """A convolution of any kind, and an input that its window fits into."""
    rank = draw(st.sampled_from([1, 2, 2, 2, 3]))

    def numbers(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    groups = draw(st.sampled_from([1, 1, 2, 3]))
    channels = groups * draw(st.sampled_from([1, 1, 2, 3]))
    multiples = draw(st.integers(1, 3))
    kernel, dilation = numbers(1, 3), numbers(1, 2)
    kinds: list[Any] = [nn.Conv1d, nn.Conv2d, nn.Conv3d]
    module = kinds[rank - 1](
        channels,
        groups * multiples,
        kernel,
        stride=numbers(1, 3),
        padding=numbers(0, 2),
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
    )
    more = numbers(0, 6)
    sizes = [d * (k - 1) + 1 + m for k, d, m in zip(kernel, dilation, more, strict=True)]
    return module, torch.randn(draw(st.integers(1, 3)), channels, *sizes)


class Together(nn.Module):
    """Several modules, each on an input of its own: one import for all."""

    def __init__(self, cases: list[tuple[nn.Module, torch.Tensor]]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(module for module, _ in cases)

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(part(x) for part, x in zip(self.parts, inputs, strict=True))


def together(agree: Any, cases: list[tuple[nn.Module, torch.Tensor]]) -> None:
    """Each of the modules agrees with eager."""
    agree(Together(cases), *(x for _, x in cases))


def several(cases: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Six cases at a time."""
    return st.lists(cases, min_size=6, max_size=6)


@given(several(convolutions()))
@examples(2, 8)
def test_convolutions_agree_with_eager(agree, cases: list[tuple[nn.Module, torch.Tensor]]) -> None:
    together(agree, cases)


def test_a_convolution_at_stage_0(agree) -> None:
    text = agree(
        nn.Conv2d(3, 5, (3, 2), stride=2, padding=1, dilation=(1, 3)), torch.randn(2, 3, 9, 11)
    )
    (op,) = windowed(text)
    assert maps(op) == [
        "(d0, d4, ((d2 * 2) + d5), ((d3 * 2) + (d6 * 3)))",
        "(d1, d4, d5, d6)",
        "(d0, d1, d2, d3)",
    ]
    assert [inner.name for inner in op.body.block.ops] == [
        *("arith.mulf", "arith.addf", "linalg.yield")
    ]
    pad, fill = op.inputs[0].owner, op.outputs[0].owner
    assert isinstance(pad, PadOp)
    assert value_of(pad) == FloatAttr(0.0, f32)
    assert isinstance(fill, FillOp)
    assert "arith.addf" in text.split("} -> tensor<2x5x5x5xf32>")[1]  # the bias


def test_groups_are_a_loop(agree) -> None:
    text = agree(nn.Conv2d(6, 4, 3, groups=2, padding=1, bias=False), torch.randn(1, 6, 5, 7))
    (op,) = windowed(text)
    assert maps(op)[1:] == ["(d1, d2, d5, d6, d7)", "(d0, d1, d2, d3, d4)"]
    assert isinstance(op.inputs[0].owner, PadOp)
    assert "tensor.expand_shape %input" in text


def test_depthwise_channels_are_a_loop(agree) -> None:
    text = agree(nn.Conv2d(6, 6, 3, groups=6, stride=2), torch.randn(2, 6, 5, 7))
    assert maps(windowed(text)[0])[1:] == ["(d3, d4, d5)", "(d0, d3, d1, d2)"]
    agree(nn.Conv2d(3, 9, 3, groups=3), torch.randn(1, 3, 5, 7))


def test_a_1x1_convolution_is_a_product(agree) -> None:
    text = agree(nn.Conv2d(6, 4, 1), torch.randn(1, 6, 5, 7))
    assert not windowed(text)
    assert "(d0, d4, d2, d3)" in text
    (op,) = windowed(agree(nn.Conv2d(6, 4, 1, stride=2), torch.randn(1, 6, 5, 7)))
    assert maps(op)[0] == "(d0, d4, (d2 * 2), (d3 * 2))"


def test_images_keep_their_dimensions_between_convolutions(agree) -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 2, 3),
    )
    text = agree(model, torch.randn(1, 3, 9, 11))
    assert "tensor.collapse_shape" not in text
    assert "tensor.expand_shape" not in text


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_padding_by_word(agree, padding: str) -> None:
    agree(nn.Conv2d(3, 4, (4, 3), padding=padding, dilation=2), torch.randn(1, 3, 9, 12))


def test_unbatched_images(agree) -> None:
    modules = [nn.Conv2d(3, 4, 3), nn.MaxPool2d(3, 2), nn.AvgPool2d(3, 2)]
    together(agree, [(module, torch.randn(3, 9, 12)) for module in modules])


def test_channels_last(agree) -> None:
    """Values are taken in logical order, however they lie in memory."""
    model = nn.Conv2d(3, 4, 3)
    model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    image = torch.randn(2, 3, 5, 7)
    last = image.to(memory_format=torch.channels_last)
    assert agree(model, last) == agree(model, image)
    agree(lambda x: F.relu(x).permute(0, 2, 3, 1).reshape(2, -1), last)


@st.composite
def pools(draw: st.DrawFn) -> tuple[nn.Module, torch.Tensor]:
    """A pool of any kind, and an input."""
    rank = draw(st.sampled_from([1, 2, 2, 3]))

    def numbers(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    kernel = numbers(1, 4)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    stride, ceil_mode = numbers(1, 4), draw(st.booleans())
    sizes = tuple(2 * k + m for k, m in zip(kernel, numbers(0, 5), strict=True))
    if draw(st.booleans()):
        kind: Any = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[rank - 1]
        module = kind(kernel, stride, padding, draw(st.integers(1, 2)), ceil_mode=ceil_mode)
    else:
        kind: Any = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[rank - 1]
        module = kind(kernel, stride, padding, ceil_mode, draw(st.booleans()))
    return module, torch.randn(draw(st.integers(1, 2)), draw(st.sampled_from([1, 3])), *sizes)


@given(several(pools()))
@examples(2, 8)
def test_pools_agree_with_eager(agree, cases: list[tuple[nn.Module, torch.Tensor]]) -> None:
    together(agree, cases)


@st.composite
def transposed(draw: st.DrawFn) -> tuple[nn.Module, torch.Tensor]:
    """A transposed convolution of any kind, and an input."""
    rank = draw(st.sampled_from([1, 2, 2, 3]))

    def numbers(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    groups, kernel, dilation = draw(st.sampled_from([1, 1, 2])), numbers(1, 3), numbers(1, 2)
    stride = numbers(1, 3)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    padding = tuple(draw(st.integers(0, min(2, n))) for n in reach)
    most = [max(s, d) - 1 for s, d in zip(stride, dilation, strict=True)]
    kinds: list[Any] = [nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d]
    module = kinds[rank - 1](
        groups * draw(st.integers(1, 2)),
        groups * draw(st.integers(1, 2)),
        kernel,
        stride=stride,
        padding=padding,
        output_padding=tuple(draw(st.integers(0, n)) for n in most),
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
    )
    x = torch.randn(draw(st.integers(1, 2)), module.in_channels, *numbers(2, 5))
    assume(_has_results(module, x.shape[2:]))
    return module, x


def _has_results(module: Any, extents: Sequence[int]) -> bool:
    """Whether a transposed convolution leaves any elements: PyTorch refuses others."""
    one_dimension = zip(
        extents, module.stride, module.padding, module.dilation, module.kernel_size,
        module.output_padding, strict=True,
    )  # fmt: skip
    return all(
        (extent - 1) * stride - 2 * padding + dilation * (kernel - 1) + more + 1 > 0
        for extent, stride, padding, dilation, kernel, more in one_dimension
    )


@given(several(transposed()))
@examples(2, 8)
def test_transposed_convolutions_agree_with_eager(
    agree, cases: list[tuple[nn.Module, torch.Tensor]]
) -> None:
    together(agree, cases)


def by_data(
    rank: int, *options: Any, channels: int = 4, groups: int = 1
) -> tuple[Any, list[torch.Tensor]]:
    """A transposed convolution whose weights and bias are inputs."""
    of: Any = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
    stride, padding, more, dilation = options
    weight = torch.randn(channels, 3, *(3, 2, 3)[:rank])
    x = torch.randn(2, channels, *(5, 4, 3)[:rank])

    def function(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return of(x, w, b, stride, padding, more, groups, dilation)

    return function, [x, weight, torch.randn(3 * groups)]


TRANSPOSED_BY_DATA = [
    by_data(1, 1, 0, 0, 1),
    by_data(1, 2, 1, 1, 2, groups=2),
    by_data(2, 2, 1, 1, 1, groups=4),
    by_data(2, (3, 1), (0, 1), (1, 0), (1, 2)),
    by_data(2, 1, 1, 0, 2),
    by_data(3, 2, 1, 1, 1),
    by_data(3, (1, 2, 3), 0, (0, 1, 2), (2, 1, 1), groups=2),
]


@pytest.mark.parametrize(
    "number",
    [pytest.param(n, marks=() if n == 3 else pytest.mark.slow) for n in range(7)],
)
def test_transposed_convolutions_by_data(agree, number: int) -> None:
    function, inputs = TRANSPOSED_BY_DATA[number]
    agree(function, *inputs)


@pytest.mark.parametrize(
    "options",
    [{"stride": 2, "padding": 1, "dilation": (1, 2, 1)}, {}],
    ids=["strided", "plain"],
)
def test_volumes_channel_by_channel(agree, options: dict[str, Any]) -> None:
    x = torch.randn(1, 3, 5, 6, 5)
    agree(nn.Conv3d(3, 3, 3, groups=3, **options), x)
    agree(lambda x, w: F.conv3d(x, w, None, groups=3, **options), x, torch.randn(3, 1, 2, 2, 3))


def test_flips(agree) -> None:
    x = torch.randn(3, 1, 5)
    text = agree(lambda x: (x.flip(0, 2), x.flip(0, 1) * 2 + x, x[:, :, 1:].flip(-1)), x)
    assert "(d0 * -1) + 2" in text
    agree(lambda x: x.flip(0), torch.randn(7))


def test_a_pool_at_stage_0(agree) -> None:
    x = torch.randn(2, 3, 9, 11)
    x[0, 0, 3, 3] = math.nan
    x[1, 1] = -math.inf
    (op,) = windowed(agree(nn.MaxPool2d(3, 2, 1), x))
    assert maps(op)[1:] == ["(d4, d5)", "(d0, d1, d2, d3)"]
    assert [inner.name for inner in op.body.block.ops] == ["arith.maximumf", "linalg.yield"]
    pad, window = op.inputs[0].owner, op.inputs[1].owner
    assert isinstance(pad, PadOp)
    assert value_of(pad) == FloatAttr(-math.inf, f32)
    assert isinstance(window, EmptyOp)
    assert not op.body.block.args[1].uses
    (op,) = windowed(agree(nn.AvgPool2d((3, 1), 2), x))
    assert [inner.name for inner in op.body.block.ops] == ["arith.addf", "linalg.yield"]
    assert maps(op)[:2] == ["(d0, d1, ((d2 * 2) + d4), (d3 * 2))", "(d4)"]


def test_averages_divide_by_what_they_count(agree) -> None:
    x = torch.randn(2, 3, 9, 12)
    agree(nn.AvgPool2d(3, 2, 1, divisor_override=5), x)
    text = agree(nn.AvgPool2d(3, 2, 1, count_include_pad=False), x)
    assert re.search(r"%constant\w*: tensor<5x6xf32>", text)


def test_adaptive_averages(agree) -> None:
    sizes: list[Any] = [1, 3, (9, 12), (3, 1), (4, 5), (18, 7), (None, 2)]
    together(agree, [(nn.AdaptiveAvgPool2d(size), torch.randn(2, 3, 9, 12)) for size in sizes])


def test_adaptive_pools_of_other_ranks(agree) -> None:
    together(
        agree,
        [
            (nn.AdaptiveAvgPool1d(4), torch.randn(2, 3, 9)),
            (nn.AdaptiveAvgPool3d((2, 1, 3)), torch.randn(2, 3, 4, 4, 5)),
            (nn.AdaptiveMaxPool1d(3), torch.randn(2, 3, 9)),
            (nn.AdaptiveMaxPool2d((3, 4)), torch.randn(2, 3, 9, 12)),
            (nn.AdaptiveMaxPool3d(2), torch.randn(2, 3, 4, 4, 6)),
        ],
    )


class IntegerPool(nn.Module):
    def forward(self, x: torch.Tensor) -> Any:
        return F.max_pool2d(x.int(), 2, return_indices=True)


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (nn.AdaptiveMaxPool2d((3, 5)), ["aten.adaptive_max_pool2d", "windows of different sizes"]),
        (IntegerPool(), ["aten.max_pool2d_with_indices", "positions of the maxima of integers"]),
    ],
)
def test_what_is_refused(model: nn.Module, parts: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        import_model(model.eval(), (torch.randn(1, 3, 9, 12),))
    for part in parts:
        assert part in str(caught.value)


def test_padding_by_values_of_the_image(agree) -> None:
    x = torch.randn(1, 3, 9, 12)
    together(
        agree,
        [
            (nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), x),
            (nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular"), x),
            (nn.ReplicationPad2d((1, 0, 2, 3)), x),
        ],
    )


def test_padding_alone(agree) -> None:
    """Who is no operation reads a copy; padding of nothing disappears, a negative one cuts off."""
    x = torch.randn(2, 3, 5, 7)
    text = agree(nn.ConstantPad2d((1, 2, 0, 3), 0.5), x)
    pads = [op for op in parse_stage0(text).walk() if isinstance(op, PadOp)]
    assert [type(use.operation) for pad in pads for use in pad.result.uses] == [GenericOp]
    assert "tensor.pad" not in agree(lambda x: F.pad(x, (0, 0, 0, 0)) * 2, x)
    agree(lambda x: F.pad(x, (-1, 2, 0, -3)) * 2, x)
    agree(lambda x: F.pad(F.pad(x, (1, 0), value=2.0), (1, 1)).sum(-1), x)
    agree(lambda x: F.pad(x, (1, 1)).reshape(2, -1), x)


def test_slices(agree) -> None:
    x = torch.randn(6, 9, 4)
    text = agree(lambda x: x[1:5:2, 3:] * 2, x)
    assert "((d0 * 2) + 1), d1" in text
    agree(lambda x: x[1] + x[-1, 2:3] + x.select(1, 3)[0], x)
    agree(lambda x: x.split((2, 3, 4), 1)[1] + x.chunk(3, 1)[2], x)


def test_the_value_of_a_pad_is_inside(agree) -> None:
    text = agree(nn.Conv2d(1, 1, 3, padding=1), torch.randn(1, 1, 4, 4))
    (pad,) = (op for op in parse_stage0(text).walk() if isinstance(op, PadOp))
    constant = pad.region.block.first_op
    assert constant is not None
    assert isinstance(constant.properties["value"], FloatAttr)
