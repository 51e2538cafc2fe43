"""What is read through windows, steps, offsets and padding has its values at every stage."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from npu.configs.errors import UserError
from npu.runtime.reference import adversaries, run_module
from tests.examples import examples

EVERY_PASS = [
    ("npu-group", {}),
    ("npu-map", {"machine": "8x8"}),
    ("npu-tile", {"machine": "8x8"}),
    ("npu-distribute", {}),
    ("npu-insert-dma", {}),
    ("npu-double-buffer", {"machine": "8x8"}),
    ("npu-place", {"machine": "8x8"}),
]

PRODUCT = "%m = arith.mulf %a, %b : f32\n%r = arith.addf %o, %m : f32"
MAXIMUM = "%r = arith.maximumf %o, %a : f32"


def type_of(shape) -> str:
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


def padded(name, shape, amounts, value) -> tuple[str, str, tuple[int, ...]]:
    """Text that pads both sides of each dimension, the padded value and its shape."""
    if not any(amounts):
        return "", name, tuple(shape)
    larger = tuple(size + 2 * by for size, by in zip(shape, amounts, strict=True))
    places = ", ".join(f"%i{d}: index" for d in range(len(shape)))
    text = (
        f"%pad = tensor.pad {name} low{list(amounts)} high{list(amounts)} {{\n^bb0({places}):\n"
        f"tensor.yield %{value} : f32\n}} : {type_of(shape)} to {type_of(larger)}"
    )
    return text, "%pad", larger


def windowed(loops, kinds, maps, inputs, result, body, *, pad=None, start="zero", relu=False):
    """@main: a generic on `inputs` (shapes), the first of them padded by `pad`."""
    names = [f"%x{i}" for i in range(len(inputs))]
    text, first, larger = padded(names[0], inputs[0], pad or [0] * len(inputs[0]), start)
    operands = [first, *names[1:]]
    types = [type_of(larger), *map(type_of, inputs[1:])]
    walked = [f"affine_map<({loops}) -> ({one})>" for one in maps]
    iterators = ", ".join({"p": '"parallel"', "r": '"reduction"'}[kind] for kind in kinds)
    out, rank = type_of(result), len(result)
    identity = f"affine_map<({', '.join('ijklm'[:rank])}) -> ({', '.join('ijklm'[:rank])})>"
    elementwise = ", ".join(['"parallel"'] * rank)
    block = ", ".join(f"%{name}: f32" for name in "ab"[: len(inputs)])
    behind = f"""
  %s = linalg.generic {{indexing_maps = [{identity}, {identity}],
      iterator_types = [{elementwise}]}} ins(%r : {out}) outs(%e : {out}) {{
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  }} -> {out}"""
    arguments = ", ".join(f"{n}: {type_of(s)}" for n, s in zip(names, inputs, strict=True))
    return f"""func.func @main({arguments}) -> {out} {{
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xff800000 : f32
  {text}
  %e = tensor.empty() : {out}
  %z = linalg.fill ins(%{start} : f32) outs(%e : {out}) -> {out}
  %r = linalg.generic {{indexing_maps = [{", ".join(walked)}], iterator_types = [{iterators}]}}
      ins({", ".join(operands)} : {", ".join(types)}) outs(%z : {out}) {{
  ^bb0({block}, %o: f32):
    {body}
    linalg.yield %r : f32
  }} -> {out}{behind if relu else ""}
  func.return {"%s" if relu else "%r"} : {out}
}}"""


@pytest.fixture(scope="session")
def check(kernels):
    """Runs every pass and compares the text of each with what PyTorch says."""

    def check(text, values, wanted, conv_strategy="auto"):
        module, found = kernels.parse(text), None
        for name, always in EVERY_PASS:
            chosen = {"conv_strategy": conv_strategy} if name == "npu-map" else {}
            options = {**always, **chosen}
            module = kernels.apply(module, name, **options)
            (found,) = run_module(module, values)
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4, err_msg=name)
        for order in adversaries(1):
            (other,) = run_module(module, values, order=order)
            np.testing.assert_array_equal(other, found, err_msg=str(order))

    return check


sizes = st.integers(1, 12)
"""Extents of images: smaller than an array, larger, odd."""


@st.composite
def convolutions(draw):
    """(images, channels, channels of the output, kernel, stride, padding, dilation, image)."""
    kernel, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    padding, stride = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    image = [draw(st.integers(least, least + 11)) for _ in range(2)]
    channels = [draw(st.sampled_from([1, 2, 3, 7, 8, 9, 17])) for _ in range(2)]
    return draw(st.integers(1, 3)), *channels, kernel, stride, padding, dilation, image


some = examples(2, 8, shrinks=False)


def convolution(case, relu):
    """The text of a drawn convolution, its operands, and what PyTorch says."""
    n, ic, oc, k, s, p, d, image = case
    x = torch.randn(n, ic, *image, generator=torch.Generator().manual_seed(k))
    w = torch.randn(oc, ic, k, k, generator=torch.Generator().manual_seed(s))
    wanted = F.conv2d(x, w, stride=s, padding=p, dilation=d)
    text = windowed(
        "n, o, h, w, i, y, x",
        "pppprrr",
        [f"n, i, h * {s} + y * {d}, w * {s} + x * {d}", "o, i, y, x", "n, o, h, w"],
        [x.shape, w.shape],
        wanted.shape,
        PRODUCT,
        pad=[0, 0, p, p],
        relu=relu,
    )
    return text, [x.numpy(), w.numpy()], (F.relu(wanted) if relu else wanted).numpy()


@some
@given(case=convolutions(), relu=st.booleans())
def test_convolutions(check, case, relu):
    check(*convolution(case, relu))


def test_one_row_at_a_time(check):
    check(*convolution((2, 9, 10, 3, 2, 1, 1, [9, 13]), relu=True), "row")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@examples(1, 4, shrinks=False)
@given(case=convolutions(), relu=st.booleans())
def test_taps_side_by_side(check, channels, case, relu):
    """As many taps as fit an array of 8, whole and partial ones, at every stride."""
    n, _, oc, k, s, p, _, image = case
    if k == 1:
        k, image = 3, [size + 2 for size in image]
    check(*convolution((n, channels, oc, k, s, p, 1, image), relu), "folded")


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ((1, 3, 4, 3, 1, 1, 2, [9, 9]), "its taps are 2 positions apart"),
        ((1, 5, 4, 3, 1, 1, 1, [9, 9]), "an array of 8 rows has no room for 2 x 5 channels"),
        ((1, 3, 4, 1, 2, 0, 1, [9, 9]), "its kernels are one element wide"),
    ],
)
def test_what_does_not_fold_is_refused(check, case, reason):
    message = f"does not suit group 'conv_[0-9x]*': {reason}; expected auto"
    with pytest.raises(UserError, match=message):
        check(*convolution(case, relu=False), "folded")


@some
@given(case=convolutions(), relu=st.booleans())
def test_each_channel_with_weights_of_its_own(check, case, relu):
    n, c, _, k, s, p, d, image = case
    x = torch.randn(n, c, *image, generator=torch.Generator().manual_seed(k))
    w = torch.randn(c, k, k, generator=torch.Generator().manual_seed(s))
    wanted = F.conv2d(x, w.unsqueeze(1), stride=s, padding=p, dilation=d, groups=c)
    text = windowed(
        "n, c, h, w, y, x",
        "pppprr",
        [f"n, c, h * {s} + y * {d}, w * {s} + x * {d}", "c, y, x", "n, c, h, w"],
        [x.shape, w.shape],
        wanted.shape,
        PRODUCT,
        pad=[0, 0, p, p],
        relu=relu,
    )
    check(text, [x.numpy(), w.numpy()], (F.relu(wanted) if relu else wanted).numpy())


@some
@given(case=convolutions())
def test_groups_of_channels(check, case):
    n, ic, oc, k, s, p, d, image = case
    x = torch.randn(n, 2, ic, *image, generator=torch.Generator().manual_seed(k))
    w = torch.randn(2, oc, ic, k, k, generator=torch.Generator().manual_seed(s))
    flat = F.conv2d(x.flatten(1, 2), w.flatten(0, 1), stride=s, padding=p, dilation=d, groups=2)
    wanted = flat.unflatten(1, (2, oc))
    text = windowed(
        "n, g, o, h, w, i, y, x",
        "ppppprrr",
        [f"n, g, i, h * {s} + y * {d}, w * {s} + x * {d}", "g, o, i, y, x", "n, g, o, h, w"],
        [x.shape, w.shape],
        wanted.shape,
        PRODUCT,
        pad=[0, 0, 0, p, p],
    )
    check(text, [x.numpy(), w.numpy()], wanted.numpy())


@some
@given(n=st.integers(1, 3), c=sizes, h=sizes, w=sizes, k=st.integers(2, 3), s=st.integers(1, 3))
def test_maxima_of_windows(check, n, c, h, w, k, s):
    x = torch.randn(n, c, h + k, w + k, generator=torch.Generator().manual_seed(h))
    wanted = F.max_pool2d(x, k, s, padding=1)
    text = windowed(
        "n, c, h, w, y, x",
        "pppprr",
        [f"n, c, h * {s} + y, w * {s} + x", "y, x", "n, c, h, w"],
        [x.shape, (k, k)],
        wanted.shape,
        MAXIMUM,
        pad=[0, 0, 1, 1],
        start="lowest",
    )
    # What only tells how large a window is comes from nowhere, as upstream has it.
    window = type_of((k, k))
    text = text.replace(f", %x1: {window}", "", 1)
    text = text.replace("  %e =", f"  %x1 = tensor.empty() : {window}\n  %e =", 1)
    check(text, [x.numpy()], wanted.numpy())


@pytest.mark.parametrize(
    ("map_", "shape", "pick"),
    [
        ("24 - i, j", (25, 13), lambda x: x[::-1]),
        ("i, 2 * j", (25, 25), lambda x: x[:, ::2]),
        ("i + 3, 36 - 3 * j", (28, 37), lambda x: x[3:, ::-3]),
        ("j, j, i", (13, 13, 25), lambda x: x[np.arange(13), np.arange(13)].T),
        ("4, i, j", (5, 25, 13), lambda x: x[4]),
    ],
)
def test_steps_offsets_and_diagonals(check, map_, shape, pick):
    x = np.random.default_rng(0).standard_normal(shape, np.float32)
    text = windowed("i, j", "pp", [map_, "i, j"], [shape], (25, 13), "%r = arith.negf %a : f32")
    check(text, [x], -pick(x))
