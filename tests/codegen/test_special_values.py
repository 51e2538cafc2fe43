"""Every scalar operation on NaN, infinities, zeros of both signs, denormals: Spike and numpy agree.

Operands are vectors, or constants on either side, which become scalar operands; constants of
infinity and NaN are written as bits.
"""

import itertools

import numpy as np
import pytest
import torch
from xdsl.dialects import math

from npu.codegen.arithmetic import LOWERINGS
from npu.codegen.integers import INTEGERS
from npu.codegen.special_operations import SPECIAL_OPERATIONS
from npu.runtime.reference.scalars import ROUNDED, half_away

NUMBERS = np.array(
    [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 1e-45, -1e-42, 3e38, -3e38, np.inf, -np.inf, np.nan],
    np.float32,
)


def maximum(a, b):
    """NaN wins, and +0 against -0."""
    return np.where((a == 0) & (b == 0), a + b, np.maximum(a, b))


def minimum(a, b):
    return np.where((a == 0) & (b == 0), -((-a) + (-b)), np.minimum(a, b))


BINARY = {
    "arith.addf": np.add,
    "arith.subf": np.subtract,
    "arith.mulf": np.multiply,
    "arith.divf": np.divide,
    "arith.maximumf": maximum,
    "arith.minimumf": minimum,
    "arith.maxnumf": np.fmax,
    "arith.minnumf": np.fmin,
    "math.copysign": np.copysign,
}
SIGN_OF_ZERO_IS_FREE = {"arith.maxnumf", "arith.minnumf"}
UNARY = {
    "arith.negf": np.negative,
    "math.absf": np.abs,
    "math.sqrt": np.sqrt,
    "math.rsqrt": lambda a: 1 / np.sqrt(a.astype(np.float64)),
    "math.floor": np.floor,
    "math.roundeven": np.rint,
    "math.ceil": np.ceil,
    "math.trunc": np.trunc,
    "math.round": half_away,
}
ORDERED = {"eq": np.equal, "gt": np.greater, "ge": np.greater_equal, "lt": np.less,
           "le": np.less_equal, "ne": np.not_equal}  # fmt: skip


def predicates():
    """Name -> what it means."""

    def ordered(compare):
        return lambda a, b: compare(a, b) & ~(np.isnan(a) | np.isnan(b))

    def unordered(compare):
        return lambda a, b: compare(a, b) | np.isnan(a) | np.isnan(b)

    return {
        **{f"o{name}": ordered(compare) for name, compare in ORDERED.items()},
        **{f"u{name}": unordered(compare) for name, compare in ORDERED.items()},
        "ord": lambda a, b: ~(np.isnan(a) | np.isnan(b)),
        "uno": lambda a, b: np.isnan(a) | np.isnan(b),
        "true": lambda a, _: np.ones_like(a, bool),
        "false": lambda a, _: np.zeros_like(a, bool),
    }


def bits(value):
    return f"0x{np.float32(value).view(np.uint32):08x}"


@pytest.fixture
def evaluate(run, kernel, generic, machine):
    """`body` on one or two vectors, on Spike; it defines %r of %a and %b."""

    def at(body, *inputs):
        size = inputs[0].size
        names = ["%a", "%b"][: len(inputs)]
        tiles = [*(f"in {size}" for _ in inputs), f"out {size}"]
        operands = f"{' '.join(map(str, range(len(inputs))))} -> {len(inputs)}"
        maps = "; ".join(["d0"] * (len(inputs) + 1))
        text = generic(tiles, operands, maps, "p", " ".join([*names, "%c"]),
                       f"{body}\nlinalg.yield %r : f32")  # fmt: skip
        arrays = [*inputs, np.zeros(size, np.float32)]
        return run(kernel(tiles, text), arrays, machine(vlen=256))[-1]

    return at


PAIRS = [np.array(v, np.float32) for v in zip(*itertools.product(NUMBERS, NUMBERS), strict=True)]


def check(got, wanted, *, signs=True):
    wanted = wanted.astype(np.float32)
    assert np.array_equal(got, wanted, equal_nan=True)
    if signs:
        numbers = ~np.isnan(wanted)
        assert np.array_equal(np.signbit(got)[numbers], np.signbit(wanted)[numbers])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", BINARY)
def test_two_vectors(evaluate, name):
    got = evaluate(f"%r = {name} %a, %b : f32", *PAIRS)
    check(got, BINARY[name](*PAIRS), signs=name not in SIGN_OF_ZERO_IS_FREE)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", BINARY)
def test_the_reference_executor(name):
    (function,) = (f for op, f in ROUNDED.items() if op.name == name)
    check(function(*PAIRS), BINARY[name](*PAIRS), signs=name not in SIGN_OF_ZERO_IS_FREE)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("constant", [-np.inf, np.nan, -0.0, 1.5, -1.5])
@pytest.mark.parametrize("name", BINARY)
def test_a_vector_and_a_constant(evaluate, name, constant):
    k = f"%k = arith.constant {bits(constant)} : f32\n"
    value = np.float32(constant)
    free = name in SIGN_OF_ZERO_IS_FREE
    right = evaluate(f"{k}%r = {name} %a, %k : f32", NUMBERS)
    check(right, BINARY[name](NUMBERS, np.full_like(NUMBERS, value)), signs=not free)
    left = evaluate(f"{k}%r = {name} %k, %a : f32", NUMBERS)
    check(left, BINARY[name](np.full_like(NUMBERS, value), NUMBERS), signs=not free)


HALVES = np.array([0.25, 0.5, 0.49999997, 1.5, 3.5, 8388607.5, 8388609.0, 16777217.0], np.float32)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", UNARY)
def test_one_vector(evaluate, name):
    x = np.concatenate([NUMBERS, HALVES, -HALVES])
    check(evaluate(f"%r = {name} %a : f32", x), UNARY[name](x))


CHOICE = "%y = arith.constant 1.0 : f32\n%n = arith.constant 0.0 : f32\n"


@pytest.mark.parametrize("predicate", predicates())
def test_comparisons(evaluate, predicate):
    compare = predicates()[predicate]
    chosen = "%r = arith.select %p, %y, %n : f32"
    check(evaluate(f"{CHOICE}%p = arith.cmpf {predicate}, %a, %b : f32\n{chosen}", *PAIRS),
          compare(*PAIRS))  # fmt: skip
    k = f"%k = arith.constant {bits(np.nan)} : f32\n"
    got = evaluate(f"{CHOICE}{k}%p = arith.cmpf {predicate}, %k, %a : f32\n{chosen}", NUMBERS)
    check(got, compare(np.full_like(NUMBERS, np.nan), NUMBERS))


@pytest.mark.parametrize(
    ("name", "logic"),
    [("andi", np.logical_and), ("ori", np.logical_or), ("xori", np.logical_xor)],
)
def test_logic_of_conditions(evaluate, name, logic):
    body = (
        f"{CHOICE}%p = arith.cmpf olt, %a, %b : f32\n%q = arith.cmpf une, %a, %a : f32\n"
        f"%s = arith.{name} %p, %q : i1\n%r = arith.select %s, %y, %n : f32"
    )
    a, b = PAIRS
    check(evaluate(body, a, b), logic(a < b, np.isnan(a)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_fma_is_rounded_once(evaluate):
    rng = np.random.default_rng(2)
    a, b = (rng.standard_normal(200).astype(np.float32) for _ in range(2))
    got = evaluate("%m = arith.negf %a : f32\n%r = math.fma %a, %b, %m : f32", a, b)
    exact = a.astype(np.float64) * b - a
    assert np.array_equal(got, exact.astype(np.float32))
    # A product and a sum that are written apart stay apart.
    apart = evaluate("%p = arith.mulf %a, %b : f32\n%r = arith.subf %p, %a : f32", a, b)
    assert np.array_equal(apart, a * b - a)
    assert not np.array_equal(apart, got)


EXPONENTS = (0.0, 1.0, 2.0, 3.0, 4.0, 7.0, 64.0, 0.5, 1.5, 2.5, 0.3, 65.0, 100.5, 16777217.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("exponent", [*EXPONENTS, *(-e for e in EXPONENTS)])
def test_powers(evaluate, exponent):
    rng = np.random.default_rng(6)
    spread = (rng.standard_normal(300) * 10.0 ** rng.integers(-20, 20, 300)).astype(np.float32)
    x = np.concatenate([NUMBERS, spread])
    k = f"%k = arith.constant {exponent!r} : f32\n"
    got = evaluate(f"{k}%r = math.powf %a, %k : f32", x)
    exact = np.power(x.astype(np.float64), np.full(x.shape, np.float32(exponent), np.float64))
    powers_agree(got, exact)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("base", [2.0, 0.3, 1.0, 0.0, -2.0, np.inf])
def test_powers_of_a_constant(evaluate, base):
    x = np.concatenate([NUMBERS, np.linspace(-160, 160, 701, dtype=np.float32)])
    got = evaluate(f"%k = arith.constant {bits(base)} : f32\n%r = math.powf %k, %a : f32", x)
    powers_agree(got, np.power(np.full(x.shape, np.float32(base), np.float64), x))


def test_bits_of_numbers(evaluate):
    """As i32 and back, NaN as it was."""
    got = evaluate(
        "%i = arith.bitcast %a : f32 to i32\n%k = arith.constant -2147483648 : i32\n"
        "%j = arith.xori %i, %k : i32\n%r = arith.bitcast %j : i32 to f32",
        NUMBERS,
    )
    assert np.array_equal(got.view(np.uint32), NUMBERS.view(np.uint32) ^ np.uint32(1 << 31))


@pytest.mark.parametrize(("element", "dtype"), [("bf16", torch.bfloat16), ("f16", torch.float16)])
def test_halves_are_rounded_and_widened(evaluate, element, dtype):
    """To the nearest, ties to even; what is beyond them is infinite, denormals stay."""
    rng = np.random.default_rng(7)
    any_bits = rng.integers(0, 2**32, 2000, dtype=np.uint32)
    ties = rng.integers(0, 2**16, 500, dtype=np.uint32) << 16 | 0x8000
    small = rng.standard_normal(500).astype(np.float32)  # between whose halves f16's ties lie
    ties_of_f16 = (small.view(np.uint32) & ~np.uint32(0x1FFF) | 0x1000).view(np.float32)
    x = np.concatenate([NUMBERS, any_bits.view(np.float32), ties.view(np.float32), ties_of_f16])
    got = evaluate(
        f"%h = arith.truncf %a : f32 to {element}\n%r = arith.extf %h : {element} to f32", x
    )
    np.testing.assert_array_equal(got, torch.from_numpy(x).to(dtype).float().numpy())


def powers_agree(got, exact):
    """`got` is C's pow in `exact`, rounded."""
    wanted = exact.astype(np.float32)
    assert np.array_equal(np.isnan(got), np.isnan(wanted))
    assert np.array_equal(np.isinf(got), np.isinf(wanted))
    finite = np.isfinite(wanted)
    unit = np.spacing(np.abs(wanted[finite])).astype(np.float64)
    assert (np.abs(got[finite] - exact[finite]) <= 1.3 * unit).all()


def test_every_lowering_is_tested_here_or_beside():
    special = {op.name for op in SPECIAL_OPERATIONS}  # test_special_functions
    named = {*BINARY, *UNARY, *special, "arith.cmpf", "arith.select", "arith.constant",
             "arith.andi", "arith.ori", "arith.xori", "arith.bitcast",
             "arith.extf", "arith.truncf", "math.fma", "math.powf"}  # fmt: skip
    left = {op.name for op in LOWERINGS} - named - {op.name for op in INTEGERS}  # test_integers
    assert left == {math.FPowIOp.name}  # as math.powf
