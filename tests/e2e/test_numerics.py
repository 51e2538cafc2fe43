"""Every operator on difficult values: as close to float64 as eager PyTorch, or 2 units more.

A unit is that of the last place of the float64 result, 2^-149 at least. Where an operator
subtracts large from large (`SCALES`), no f32 arithmetic keeps the small difference; there a unit is
that of the magnitudes subtracted. NaN and infinities stand where eager PyTorch has them or where
float64 has them; where the two differ either will do. Spike and the reference executor are held to
the same.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from npu.frontend.torch.import_model import import_model
from npu.runtime.compiler import compile_text
from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_outputs

MORE = 2.0
"""Units in the last place that a result may be further from float64 than eager PyTorch's."""

MORE_OF = {"layer-norm": 2.75, "layer-norm-without-eps": 2.75, "rms-norm": 2.75}
"""Where a result goes through more roundings than two units hold, each of up to 2^-24: half of one
each of a sum, a mean and eps under the root, and one each of the root's reciprocal and a product.
Of values just below a power of two that is a whole unit each, 2.75 in all. A layer norm has those
of two differences as well, 5.5, and its units are those of 1, of which they are halves."""

EDGES = (
    0.0, 1e-45, 1e-42, 1.17549435e-38, 1e-30, 1e-20, 1e-4, 0.17, 0.5, 0.999999, 1.0, 1.5, 2.0, 3.92,
    4.0, 8.84, 9.02, 10.0, 87.3, 88.72283, 88.72284, 103.97, 104.5, 1e4, 8388607.5, 1e10, 1e19,
    1.8446744e19, 1e30, 3e38, 3.4028235e38, np.inf,
)  # fmt: skip
"""Zero, denormals, where functions saturate or overflow, the largest number; of both signs."""


def difficult(count, seed):
    """f32 values: the edges, NaN, any bits, moderate and small ones."""
    rng = np.random.default_rng(seed)
    edges = np.array([*EDGES, *(-e for e in EDGES), np.nan], np.float32)
    bits = rng.integers(0, 2**32, count, np.uint64).astype(np.uint32).view(np.float32)
    moderate = (rng.standard_normal(count) * 3).astype(np.float32)
    spread = (rng.standard_normal(count) * 10.0 ** rng.uniform(-8, 2, count)).astype(np.float32)
    kinds = np.stack([bits, moderate, spread])
    drawn = kinds[rng.integers(0, 3, count), np.arange(count)]
    drawn[rng.choice(count, len(edges), replace=False)] = edges
    return drawn


def rows(count, length, seed):
    """Rows, each of one kind: normal, a large mean, equal, huge, tiny, denormal, any, special."""
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((count, length))
    special = normal.copy()
    places = rng.integers(0, length, count)
    special[np.arange(count), places] = rng.choice([np.inf, -np.inf, np.nan], count)
    wild = normal * 10.0 ** rng.integers(-37, 37, (count, length))
    equal = np.broadcast_to(rng.standard_normal((count, 1)) * 1e4, normal.shape)
    kinds = np.stack(
        [
            *(normal, 1e4 + normal, 1e6 + 0.1 * normal, 12345.678 + 1e-3 * normal, equal),
            *(np.abs(normal) + 0.1, normal * 1e30, normal * 1e37, normal * 1e-30, normal * 1e-42),
            *(wild, special),
        ]
    )
    return kinds[np.arange(count) % len(kinds), np.arange(count)].astype(np.float32)


ONE = {
    "neg": torch.neg,
    "abs": torch.abs,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "exp": torch.exp,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "softsign": F.softsign,
    "tanhshrink": F.tanhshrink,
    "square": torch.square,
    "clamp": lambda x: x.clamp(-1.5, 2.5),
    "clamp-min": lambda x: x.clamp(min=0.5),
    "clamp-max": lambda x: x.clamp(max=-0.5),
    "clamp-crossed": lambda x: x.clamp(3.0, -1.0),
    "clamp-nan": lambda x: x.clamp(min=float("nan")),
    "add-scalar": lambda x: x + 1.5,
    "rsub-scalar": lambda x: 1.5 - x,
    "mul-scalar": lambda x: x * 0.1,
    "div-scalar": lambda x: x / 3.0,
    "div-of-scalar": lambda x: 3.0 / x,
    **{f"pow{n}": (lambda x, n=n: x**n) for n in (0.5, -0.5, 1, 2, 3, 4, 5, 6, 7, 8)},
    **{f"pow{-n}": (lambda x, n=n: x**-n) for n in (1, 2, 3, 4, 5, 6, 7, 8)},
    **{f"pow{n}": (lambda x, n=n: x**n) for n in (0, 1.5, 2.5, -1.5, -2.5, 16, -16, 64)},
}
"""Operators of one operand."""

TWO = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "add-alpha": lambda x, y: torch.add(x, y, alpha=3),
    "rsub-alpha": lambda x, y: torch.rsub(x, y, alpha=3),
    "addcmul": lambda x, y: torch.addcmul(x, x, y, value=2.0),
}
"""Operators of two operands."""

ROWS = {
    "sum": lambda x: x.sum(-1),
    "mean": lambda x: x.mean(-1),
    "amax": lambda x: x.amax(-1),
    "amin": lambda x: x.amin(-1),
    "var": lambda x: x.var(-1),
    "var-of-all": lambda x: x.var(-1, correction=0),
    "std": lambda x: x.std(-1),
    "var-mean-variance": lambda x: torch.var_mean(x, -1)[0],
    "var-mean-mean": lambda x: torch.var_mean(x, -1)[1],
    "softmax": lambda x: F.softmax(x, -1),
    "layer-norm": lambda x: F.layer_norm(x, (x.shape[-1],)),
    "rms-norm": lambda x: F.rms_norm(x, (x.shape[-1],)),
}
"""Reductions, softmax and norms along the last dimension."""

WITHOUT_EPS = {"layer-norm-without-eps": lambda x: F.layer_norm(x, (x.shape[-1],), eps=0.0)}
"""For rows whose variance is a number of f32 that is neither 0 by underflow nor infinite."""

COLUMNS = {
    "sum": lambda x: x.sum(0),
    "mean": lambda x: x.mean(0),
    "amax": lambda x: x.amax(0),
    "amin": lambda x: x.amin(0),
    "var": lambda x: x.var(0),
    "softmax": lambda x: F.softmax(x, 0),
}
"""The same along the first dimension, where each lane has its own sum."""


def _softmax_magnitude(x, dimension):
    """Rounding x - max to f32 moves the power by |x - max| units."""
    difference = x - x.max(axis=dimension, keepdims=True)
    powers = np.exp(difference)
    return powers / powers.sum(axis=dimension, keepdims=True) * (1 + np.abs(difference))


def _norm_magnitude(x, dimension):
    """A value near the mean is small only beside those of its row: the root mean square of it.

    That is 1 but for eps: a hair below 1, where a unit would be half as large, counts as 1.
    """
    out = x - x.mean(axis=dimension, keepdims=True)
    variance = (out * out).mean(axis=dimension, keepdims=True)
    size = np.where(variance > 1e-5, 1.0, np.sqrt(variance / (variance + 1e-5)))
    return np.broadcast_to(size, x.shape)


def _sum_magnitude(x, dimension):
    return np.abs(x).sum(axis=dimension)


def _mean_magnitude(x, dimension):
    return np.abs(x).mean(axis=dimension)


ROW_SCALES = {
    "sum": _sum_magnitude,
    "mean": _mean_magnitude,
    "var-mean-mean": _mean_magnitude,
    "softmax": _softmax_magnitude,
    "layer-norm": _norm_magnitude,
    "layer-norm-without-eps": lambda x, _: np.ones_like(x),
}
"""The same for operators along a dimension."""

SCALES: dict[str, Callable[..., Any]] = {
    "gelu": np.abs,
    "gelu-tanh": np.abs,
    "tanhshrink": np.abs,
    "add-alpha": lambda x, y: np.abs(x) + 3 * np.abs(y),
    "rsub-alpha": lambda x, y: 3 * np.abs(x) + np.abs(y),
    "addcmul": lambda x, y: np.abs(x) + 2 * np.abs(x * y),
    "hardswish": lambda x: 3 * np.abs(x),
    "hardsigmoid": lambda x: np.abs(x) + 3,
}
"""Magnitudes that an operator subtracts from one another, of float64 inputs."""


def excess(got, eager, wide, scale):
    """Units by which `got` is further from `wide` than `eager` is; infinite for what is neither."""
    with np.errstate(all="ignore"):
        rounded = wide.astype(np.float32)
        magnitude = np.maximum(np.abs(wide), scale)
        unit = np.spacing(np.minimum(magnitude, 3.4e38).astype(np.float32)).astype(np.float64)
        plain = np.isfinite(rounded) & np.isfinite(got)
        error = np.abs(got.astype(np.float64) - wide) / unit
        # Eager PyTorch that overflows where float64 does not is as far off as can be.
        theirs = np.where(
            np.isfinite(eager), np.abs(eager.astype(np.float64) - wide) / unit, np.inf
        )
    # What is subtracted may be beyond f32, where eager PyTorch fuses the product into the sum.
    beyond = (magnitude > np.finfo(np.float32).max) & np.isinf(got)
    same = _same(got, rounded) | _same(got, eager) | beyond
    return np.where(same, -np.inf, np.where(plain, error - theirs, np.inf))


def _same(left, right):
    return (left == right) | (np.isnan(left) & np.isnan(right))


class Several(torch.nn.Module):
    """All operators of a table, as outputs of one model."""

    def __init__(self, functions):
        super().__init__()
        self.functions = tuple(functions.values())

    def forward(self, *inputs):
        return tuple(function(*inputs) for function in self.functions)


def run_all(functions, inputs, machine):
    """The outputs of `functions` on `inputs`, in order, by who computed them."""
    imported = import_model(Several(functions).eval(), tuple(inputs))
    program = compile_text(imported.text, machine)
    values = imported.values
    return {
        "on Spike": spike_outputs(program, values, StageClock()),
        "by the reference executor": run_module(program.module, values, cores=machine.num_cores),
    }


def judge(functions, inputs, machine, dimension=None):
    """What is too far off: operator and who computed it -> where and how far."""
    narrow = [torch.from_numpy(x) for x in inputs]
    wide = [x.double() for x in narrow]
    outputs = run_all(functions, narrow, machine)
    bad = {}
    for number, (name, function) in enumerate(functions.items()):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's, of deviations of one value
            eager, exact = function(*narrow).numpy(), function(*wide).numpy()
            scale = 0.0
            if name in SCALES:
                scale = np.nan_to_num(SCALES[name](*(x.numpy() for x in wide)), posinf=0.0)
            if dimension is not None and name in ROW_SCALES:
                scale = np.nan_to_num(ROW_SCALES[name](wide[0].numpy(), dimension), posinf=0.0)
        for who, got in outputs.items():
            units = excess(got[number], eager, exact, scale)
            if name == "var-mean-mean" and dimension is not None:
                # A running mean is infinite if its last value alone is, and NaN if another is.
                infinite = np.isinf(inputs[0]).any(dimension)
                units = np.where(infinite & np.isnan(got[number]), -np.inf, units)
            more = MORE_OF.get(name, MORE)
            if (units > more).any():
                at = np.unravel_index(np.argmax(units), units.shape)
                bad[f"{name} {who}"] = (
                    f"{(units > more).sum()} of {units.size}, worst {units[at]:.3g} at {at}: "
                    f"{got[number][at]!r}, eager {eager[at]!r}, float64 {exact[at]!r}"
                )
    return bad


def columns(count, length, seed):
    """`rows` turned: each column is of one kind."""
    return np.ascontiguousarray(rows(count, length, seed).T)


def test_operators_of_one_operand(stage_machine):
    assert judge(ONE, [difficult(10000, 1).reshape(100, 100)], stage_machine) == {}


def test_operators_of_two_operands(stage_machine):
    inputs = [difficult(10000, seed).reshape(100, 100) for seed in (1, 2)]
    assert judge(TWO, inputs, stage_machine) == {}


def test_rows(stage_machine):
    assert judge(ROWS, [rows(120, 83, 3)], stage_machine, 1) == {}


def test_rows_without_eps(stage_machine):
    x = np.concatenate([rows(12, 768, seed)[:6] for seed in (3, 4)])
    assert judge(WITHOUT_EPS, [x], stage_machine, 1) == {}


def test_columns(stage_machine):
    assert judge(COLUMNS, [columns(48, 333, 3)], stage_machine, 0) == {}


def test_special_function_instructions(machine_with):
    machine = machine_with(32, 1024, special_functions="instruction")
    some = {name: ONE[name] for name in ("exp", "tanh", "erf", "sigmoid", "gelu", "gelu-tanh")}
    assert judge(some, [difficult(2000, 4).reshape(20, 100)], machine) == {}


def test_in_an_epilogue(stage_machine):
    """Behind a product with the identity, fused: what the operator alone gives."""
    some = {n: ONE[n] for n in ("gelu", "silu", "clamp", "relu", "tanh", "sigmoid", "pow5")}
    x = difficult(1024, 5)
    x[~np.isfinite(x)] = np.nan
    x = np.where(np.isnan(x), 0.25, x).reshape(32, 32)  # 0 * inf is NaN in a product
    x[3, 4] = np.nan  # spoils row 3, in eager too
    eye = np.eye(32, dtype=np.float32)
    fused = {n: (lambda a, b, f=f: f(torch.mm(a, b))) for n, f in some.items()}
    scales = {n: SCALES[n] for n in some if n in SCALES}
    narrow = [torch.from_numpy(v) for v in (x, eye)]
    for who, outputs in run_all(fused, narrow, stage_machine).items():
        alone = torch.mm(*narrow)
        for got, (name, function) in zip(outputs, some.items(), strict=True):
            exact = function(alone.double()).numpy()
            scale = scales[name](np.nan_to_num(alone.double().numpy())) if name in scales else 0.0
            units = excess(got, function(alone).numpy(), exact, scale)
            assert (units <= MORE).all(), (name, who, units.max())


def test_what_is_wrong_is_found():
    """Three units more than eager, a NaN too many, an infinity for a number, a number for NaN."""
    exact = np.array([1.0, 2.0, 3.0, np.nan])
    eager = exact.astype(np.float32)
    got = eager.copy()
    got[0] += 3 * np.spacing(np.float32(1.0))
    assert excess(got, eager, exact, 0.0)[0] == 3.0
    for place, value in ((1, np.nan), (2, np.inf), (3, 0.0)):
        spoilt = eager.copy()
        spoilt[place] = value
        assert excess(spoilt, eager, exact, 0.0)[place] == np.inf


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 50), st.integers(4, 5000))
def test_rows_of_any_size(stage_machine_of_session, seed, count, length):
    assert judge(ROWS, [rows(count, length, seed)], stage_machine_of_session, 1) == {}


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(2, 400))
def test_columns_of_any_size(stage_machine_of_session, seed, count, length):
    assert judge(COLUMNS, [columns(count, length, seed)], stage_machine_of_session, 0) == {}


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_other_difficult_values(stage_machine_of_session, seed):
    inputs = [difficult(10000, seed + more).reshape(100, 100) for more in (0, 1)]
    assert judge(ONE, inputs[:1], stage_machine_of_session) == {}
    assert judge(TWO, inputs, stage_machine_of_session) == {}


@pytest.mark.slow
def test_on_every_machine(machine):
    x = difficult(3000, 8).reshape(50, 60)
    assert judge(ONE, [x], machine) == {}
    assert judge(ROWS, [rows(36, 700, 9)], machine, 1) == {}


@pytest.fixture(scope="module")
def stage_machine_of_session(machine_with):
    return machine_with(32, 1024)
