"""NaN, infinities, rows of one value and masked rows, against eager PyTorch and float64."""

import copy
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from npu.frontend.stage0.normalise import normalise_file
from npu.frontend.torch.import_model import import_model
from npu.runtime.compiler import compile_text
from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_outputs

NAN, INF = float("nan"), float("inf")


class Several(nn.Module):
    """Functions of the same tensors, or modules, as the outputs of one model."""

    def __init__(self, functions):
        super().__init__()
        self.functions = tuple(functions)
        self.modules_among_them = nn.ModuleList(f for f in functions if isinstance(f, nn.Module))

    def forward(self, *inputs):
        return tuple(function(*inputs) for function in self.functions)


@pytest.fixture
def run(stage_machine):
    """The outputs of functions of tensors: those of Spike, those of the reference executor.

    With `more`, of as many other inputs, both for each: they are compiled once.
    """

    def outputs(functions, *inputs, more=()):
        imported = import_model(Several(functions).eval(), inputs)
        program = compile_text(imported.text, stage_machine)
        found = []
        for given in (inputs, *more):
            left = iter(given)
            values = [next(left).numpy() if a.is_input else a.value for a in imported.arguments]
            on_spike = spike_outputs(program, values, StageClock())
            found += [on_spike, run_module(program.module, values, cores=1)]
        return found

    return outputs


def equal(got, wanted):
    return np.array_equal(got, wanted.numpy(), equal_nan=True)


CHOICES = {
    "clamp": lambda x, _: x.clamp(-1, 2),
    "clamp-min": lambda x, _: x.clamp(min=-1),
    "clamp-max": lambda x, _: x.clamp(max=2),
    "clamp-min-nan": lambda x, _: x.clamp(min=NAN),
    "clamp-max-inf": lambda x, _: x.clamp(-INF, INF),
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "maximum-turned": lambda x, y: torch.maximum(y, x),
    "minimum-turned": lambda x, y: torch.minimum(y, x),
    "relu": lambda x, _: torch.relu(x),
    "hardsigmoid": lambda x, _: F.hardsigmoid(x),
    "fused": lambda x, y: torch.maximum(x * 2, torch.minimum(y, x + 1)).clamp(-3, 3),
    "amax": lambda x, _: x.amax(-1),
    "amin": lambda x, _: x.amin(-1),
    "amax-of-columns": lambda x, _: x.amax(0),
    "amin-of-columns": lambda x, _: x.amin(0),
    "softmax": lambda x, _: x.softmax(-1),
}


def test_nan_of_either_operand_stays(run):
    numbers = (NAN, INF, -INF, 0.0, 1.0, -5.0, 7.0)
    x, y = (torch.tensor(v) for v in zip(*itertools.product(numbers, numbers), strict=True))
    x, y = x.reshape(7, 7).contiguous(), y.reshape(7, 7).contiguous()
    for outputs in run(CHOICES.values(), x, y):
        for got, (name, function) in zip(outputs, CHOICES.items(), strict=True):
            assert equal(got, function(x, y)), name


def test_nan_stays_in_an_epilogue(run):
    x = torch.randn(9, 12, generator=torch.Generator().manual_seed(1))
    x[4, 3] = NAN
    functions = [lambda a, b: (a @ b).clamp(-1, 1), lambda a, b: torch.maximum(a @ b, a @ b * 0.5)]
    eye = torch.eye(12)
    for outputs in run(functions, x, eye):
        for got, function in zip(outputs, functions, strict=True):
            assert equal(got, function(x, eye))


def test_a_comparison_and_a_choice_of_a_file_stay_what_they_are(tmp_path):
    """Only PyTorch's operators are rewritten: here NaN loses, as the file says."""
    path = tmp_path / "choice.mlir"
    path.write_text(
        """func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>,
      affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %c = arith.cmpf ogt, %x, %y : f32
    %s = arith.select %c, %x, %y : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
"""
    )
    text = normalise_file(path).text
    assert "arith.cmpf ogt" in text
    assert "maximumf" not in text


VALUES = (12345.678, 1e6, 0.1, -3e5, 3e38, 1e-40)


@pytest.mark.parametrize(
    "length",
    [1, pytest.param(7, marks=pytest.mark.slow), pytest.param(768, marks=pytest.mark.slow), 5000],
)
def test_rows_of_one_value(run, length):
    x = torch.tensor(VALUES).repeat_interleave(3)[:, None].repeat(1, length)
    functions = [
        lambda x: F.layer_norm(x, (length,)),
        lambda x: F.layer_norm(x, (length,), eps=0.0),
        lambda x: x.var(-1, correction=0),
        lambda x: x.std(-1, correction=0),
        lambda x: torch.var_mean(x, -1)[1],
    ]
    for norm, unsafe, variance, deviation, average in run(functions, x):
        assert (norm == 0).all()
        assert np.isnan(unsafe).all()
        assert (variance == 0).all()
        assert (deviation == 0).all()
        assert equal(average, x[:, 0])


def test_nearly_equal_rows_keep_their_digits(run):
    """As good as eager PyTorch against float64 or better, also where that loses most digits."""
    generator = torch.Generator().manual_seed(3)
    spread = torch.randn(6, 8, 20, generator=generator)
    first, *others = (mean + spread * mean * 1e-6 for mean in (1e3, 1e5, 1e6))
    group = nn.GroupNorm(4, 8).requires_grad_(False)
    nn.init.normal_(group.weight)
    nn.init.normal_(group.bias)
    functions = [lambda x: F.layer_norm(x, (20,)), lambda x: x.var(-1), lambda x: x.std(-1)]
    found = iter(run([*functions, group], first, more=[(x,) for x in others]))
    wide = copy.deepcopy(group).double()
    for x in (first, *others):
        eager = [f(x).numpy() for f in (*functions, group)]
        doubles = [f(x.double()).numpy() for f in (*functions, wide)]
        for outputs in (next(found), next(found)):
            for got, narrow, exact in zip(outputs, eager, doubles, strict=True):
                largest = np.abs(exact).max()
                theirs = np.abs(narrow - exact).max() / largest
                assert np.abs(got - exact).max() / largest <= theirs + 4e-7


def attention(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def test_rows_masked_whole_give_zero(run):
    generator = torch.Generator().manual_seed(2)
    q, k, v = (torch.randn(1, 2, n, 8, generator=generator) for n in (5, 7, 7))
    mask = torch.zeros(5, 7)
    mask[2] = -INF
    mask[3, :6] = -INF
    q[0, 0, 4] = NAN
    wanted = attention(q, k, v, mask).numpy()
    for (got,) in run([attention], q, k, v, mask):
        assert np.allclose(got, wanted, rtol=1e-5, atol=1e-6, equal_nan=True)
        assert (got[0, :, 2] == 0).all()
        assert np.isnan(got[0, 0, 4]).all()


def test_a_softmax_of_a_masked_row_is_nan_as_in_pytorch(run):
    x = torch.full((2, 5), -INF)
    for (got,) in run([lambda x: x.softmax(-1)], x):
        assert np.isnan(got).all()


LIMITS = {
    "gelu": (F.gelu, [INF, NAN]),
    "gelu-tanh": (lambda x: F.gelu(x, approximate="tanh"), [INF, NAN]),
    "silu": (F.silu, [INF, NAN]),
    "sigmoid": (torch.sigmoid, [1.0, 0.0]),
    "tanh": (torch.tanh, [1.0, -1.0]),
    "erf": (torch.erf, [1.0, -1.0]),
    "exp": (torch.exp, [INF, 0.0]),
}
"""At plus and minus infinity, as PyTorch has them in float64."""


@pytest.mark.parametrize(
    "width",
    [1, pytest.param(8, marks=pytest.mark.slow), pytest.param(16, marks=pytest.mark.slow), 33],
)
def test_infinities_in_vectors_of_every_width(run, width):
    functions = [function for function, _ in LIMITS.values()]
    plus, minus = torch.full((width,), INF), torch.full((width,), -INF)
    found = run(functions, plus, more=[(minus,)])
    for at_plus, at_minus in zip(found[:2], found[2:], strict=True):
        for high, low, (name, (_, wanted)) in zip(at_plus, at_minus, LIMITS.items(), strict=True):
            limits = np.full(width, wanted[0]), np.full(width, wanted[1])
            assert np.array_equal(high, limits[0], equal_nan=True), name
            assert np.array_equal(low, limits[1], equal_nan=True), name
