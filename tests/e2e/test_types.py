"""Integers and conditions on the whole way: exactly what eager PyTorch gives, on every machine."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npu.configs.errors import UserError
from npu.frontend.compile import compile as compile_model
from npu.runtime.progress import StageClock
from npu.runtime.session import spike_run
from tests.examples import examples

SPECIAL = [0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, 0.1, -2.5, 3e38, 1e-40]


def made(shape, seed=0):
    """Floats (special ones among them), ids of 64 and of 32 bits, conditions."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, generator=generator)
    flat = x.reshape(-1)
    special = torch.tensor(SPECIAL)[: flat.numel()]
    flat[: special.numel()] = special
    ids = torch.randint(-9, 9, shape, generator=generator)
    others = torch.randint(-(2**31), 2**31, shape, generator=generator).int()
    return x, ids, others, torch.rand(shape, generator=generator) < 0.5


def comparisons(x, ids, others, mask):
    return (
        *(x == 0.1, x != x.abs(), x < 0.5, x <= 1.0, x > -2.5, x >= 0),
        *(ids == 3, ids != 0, ids < others, ids <= 2, others > ids, ids >= -1),
        *(ids <= others, x >= x.abs(), x <= x.abs()),
        *(mask == (x > 0), mask != (ids > 0), torch.isnan(x), torch.isinf(x)),
    )


def logic(x, ids, others, mask):
    negative = x < 0
    return (
        *(mask & negative, mask | negative, mask ^ negative, ~mask),
        *(torch.logical_and(ids, mask), torch.logical_or(x, mask), torch.logical_xor(ids, others)),
        *(torch.logical_not(ids), ids.int() & others, others | 5, others ^ ids.int(), ~others),
    )


def choices(x, ids, others, mask):
    return (
        *(torch.where(mask, x, 0.0), x.masked_fill(mask, -math.inf)),
        *(torch.where(mask, others, 7), torch.where(x > 0, mask, ~mask), ids.masked_fill(mask, 1)),
        *(torch.where(mask, x, ids), torch.where(ids > 0, ids, -ids)),
    )


def arithmetic(_, ids, others, mask):
    small = ids.int()
    return (
        *(ids + 3, ids - small, ids * ids, 5 - ids, -ids, ids.abs(), small * 70000),
        *(torch.maximum(small, others), torch.minimum(small, others), ids.clamp(-2, 4)),
        *(others + small, ids.clamp(min=0), ids % 4, ids.remainder(-3), mask * ids),
        *(ids // 3, torch.div(ids, 4, rounding_mode="trunc"), ids // (small.abs() + 1)),
    )


def powers_and_shifts(x, ids, others, mask):
    few, size = ids.int(), ids.abs()
    return (
        *(
            ids**2,
            few**3,
            few**5,
            2**size,
            (-3) ** few.abs(),
            few ** (few % 5),
            others ** (few % 3),
        ),
        *(few << 3, few >> 1, others >> few.abs(), few << (few.abs() * 5), 1 << size, few << few),
        *(torch.fmod(ids, 4), torch.fmod(few, -3), 7 % (few.abs() + 1), torch.signbit(x)),
        *(torch.signbit(few), torch.copysign(ids, x), mask.float() // 0.3, x % few.abs()),
        *(few**0.5, x**few, torch.floor_divide(few, 0.7), mask / 2, torch.remainder(3.5, ids)),
    )


def some_powers_and_shifts(x, ids, others, mask):
    few = ids.int()
    return ids**2, few ** (few % 5), others << 3, torch.fmod(few, -3), x % few.abs(), mask / 2


def conversions(x, ids, others, mask):
    tame = x.clamp(-99, 99)
    number = torch.where(torch.isnan(x), 0.0, tame)
    return (
        *(ids.float(), others.float(), mask.float(), mask.int(), mask.long(), ids.bool()),
        *(number.int(), (number * 7).long(), x.bool(), ids * x.clamp(-9, 9), ids.int(), small(ids)),
        mask * 2.5,
    )


def small(ids):
    return ids.int().long().float().int()


def moves(_, ids, others, mask):
    last = ids.shape[-1]
    return (
        *(ids.t(), mask.t(), others.t().reshape(-1), mask[:, : max(1, last // 2)]),
        *(F.pad(ids, (1, 2, 0, 1), value=-7), F.pad(mask, (2, 1), value=True), ids[:, ::2]),
        *(mask[:, None, :].expand(-1, 3, -1).clone(), others[..., None] + ids.int()[:, None, :]),
    )


def reductions(x, ids, _, mask):
    return (
        *(ids.sum(-1), ids.sum(0), mask.sum(-1), mask.sum(), ids.amax(-1), ids.amin(0)),
        *(mask.any(-1), mask.all(0), mask.any(), (ids > -9).all(), ids.any(-1)),
        *(mask.float().mean(-1), (x > 0).float().sum()),
    )


BUNDLES = (
    *(comparisons, logic, choices, arithmetic, powers_and_shifts, conversions, moves),
    reductions,
)


QUICK = [(conversions, (3, 259)), (moves, (67, 5)), (reductions, (1, 1))]
"""What is run on a small machine in every run; the rest is slow in its number."""


@pytest.mark.parametrize(
    "bundle",
    [
        some_powers_and_shifts,
        *(b for b in BUNDLES if b is not powers_and_shifts),
        pytest.param(powers_and_shifts, marks=pytest.mark.slow),
    ],
    ids=lambda bundle: bundle.__name__,
)
def test_every_stage(whole_of, stage_machine, bundle):
    whole = whole_of(bundle, made((7, 13)))
    program = whole.every_stage_agrees(stage_machine, has_twin=False)
    equal_to_eager(whole, program)


@pytest.mark.parametrize(
    ("bundle", "shape"),
    [
        pytest.param(bundle, shape, marks=() if (bundle, shape) in QUICK else pytest.mark.slow)
        for bundle in BUNDLES
        for shape in [(1, 1), (67, 5), (3, 259)]
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_shapes(whole_of, machine_with, bundle, shape):
    whole = whole_of(bundle, made(shape, seed=1))
    equal_to_eager(whole, whole.compile(machine_with(8, 256)))


@pytest.mark.parametrize("bundle", [choices], ids=lambda b: b.__name__)
def test_no_elements(whole_of, machine_with, bundle):
    whole = whole_of(bundle, made((3, 0)))
    equal_to_eager(whole, whole.compile(machine_with(8, 256)))


def equal_to_eager(whole, program):
    """Outputs are those of eager PyTorch, bit by bit, but for the last bits of sums of floats."""
    run = spike_run(program, whole.imported.values, StageClock())
    for found, wanted in zip(run.outputs, whole.expected.singles, strict=True):
        assert found.shape == wanted.shape
        if wanted.dtype == np.float32:
            assert np.allclose(found, wanted, rtol=1e-6, atol=0, equal_nan=True)
        else:
            assert np.array_equal(found, wanted)


def test_beside_a_matrix_product(whole_of, stage_machine):
    """Conditions as results and as operands of what follows a product, and masks of attention."""

    def function(x, w, mask):
        product = x @ w
        scores = F.scaled_dot_product_attention(x, x, x, attn_mask=mask[:, :21])
        return (
            product > 0.25,
            torch.where(mask, product, -1.0),
            product.masked_fill(~mask, 0),
            scores,
        )

    generator = torch.Generator().manual_seed(3)
    x = torch.randn(21, 40, generator=generator)
    mask = torch.rand(21, 37, generator=generator) < 0.7
    whole = whole_of(function, (x, torch.randn(40, 37, generator=generator), mask))
    whole.every_stage_agrees(stage_machine, has_twin=False)


TERMS = {
    "float": ["x", "y", "where(m, {float}, {float})", "{float} + {float}", "{int}.float()",
              "{bool}.float()", "maximum({float}, {float})", "{float}.masked_fill({bool}, 2.0)",
              "{float}.t().t()"],
    "int": ["i", "j", "{int} + {int}", "{int} * 3", "{int} - {int}", "where({bool}, {int}, {int})",
            "maximum({int}, {int})", "{int}.clamp(-5, 5)", "{bool}.int()", "-{int}",
            "({float} * 4).clamp(-50, 50).int()"],
    "bool": ["m", "{int} < {int}", "{float} > {float}", "{bool} & {bool}", "{bool} ^ {bool}",
             "~{bool}", "{int} == {int}", "where({bool}, {bool}, {bool})", "{float} <= 0.5"],
}  # fmt: skip
"""What expressions of each type are made of."""


@st.composite
def expressions(draw, kind, depth):
    """The text of an expression of tensors."""
    term = draw(st.sampled_from(TERMS[kind] if depth else TERMS[kind][:1]))
    while "{" in term:
        at = term.index("{")
        inner = term[at + 1 : term.index("}")]
        term = term[:at] + f"({draw(expressions(inner, depth - 1))})" + term[at + len(inner) + 2 :]
    return term


PROGRAMS = st.lists(
    st.sampled_from(sorted(TERMS)).flatmap(lambda kind: expressions(kind, 3)),
    min_size=2,
    max_size=5,
)


def check_expressions(whole_of, machine_with, texts, shape, array):
    names = {name: getattr(torch, name) for name in ("where", "maximum")}

    def function(x, y, i, j, m):
        here = {"x": x, "y": y, "i": i, "j": j, "m": m, **names}
        return tuple(eval(text, here) for text in texts)

    generator = torch.Generator().manual_seed(7)
    floats = [torch.randn(shape, generator=generator) for _ in range(2)]
    integers = [torch.randint(-9, 9, shape, generator=generator).int() for _ in range(2)]
    mask = torch.rand(shape, generator=generator) < 0.5
    whole = whole_of(function, (*floats, *integers, mask))
    program = whole.compile(machine_with(array, 256))
    run = spike_run(program, whole.imported.values, StageClock())
    for text, found, wanted in zip(texts, run.outputs, whole.expected.singles, strict=True):
        assert np.array_equal(found, wanted), text


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
DIMS = st.sampled_from([1, 2, 5, 8, 13, 31])


@given(PROGRAMS, DIMS, DIMS, st.sampled_from([8, 32]))
@settings(examples(4, 4), suppress_health_check=SLOW)
def test_expressions(whole_of, machine_with, texts, rows, columns, array):
    check_expressions(whole_of, machine_with, texts, (rows, columns), array)


@pytest.mark.slow
@given(PROGRAMS, DIMS, DIMS, st.sampled_from([8, 32, 128]))
@settings(examples(150, 150), suppress_health_check=SLOW)
def test_many_expressions(whole_of, machine_with, texts, rows, columns, array):
    check_expressions(whole_of, machine_with, texts, (rows, columns), array)


class Ids(torch.nn.Module):
    """int64 in, int64 and conditions out."""

    def forward(self, ids):
        return ids + 1, ids == 0, ids.int()


def test_the_border():
    """int64 comes back as int64; what does not fit 32 bits is refused, at compile time or not."""
    ids = torch.tensor([[0, 5, -3], [2**31 - 2, -(2**31), 1]])
    compiled = compile_model(Ids(), (ids,), "8x8")
    (more, zero, narrow), _ = compiled.run(ids, timing=False)
    assert (more.dtype, zero.dtype, narrow.dtype) == (torch.int64, torch.bool, torch.int32)
    assert torch.equal(more, ids + 1)
    assert torch.equal(zero, ids == 0)
    ids[1, 2] = -(2**31) - 1
    with pytest.raises(UserError, match=r"input 0: the value -2147483649 at \[1, 2\] does not fit"):
        compiled.run(ids, timing=False)
    with pytest.raises(UserError, match=r"compiled as int64 of shape .* got int32"):
        compiled.run(ids.int(), timing=False)
    with pytest.raises(UserError, match="does not fit 32 bits"):
        compile_model(Ids(), (ids,), "8x8").run(ids, timing=False)


def with_small_integers(x, y):
    """Arithmetic that leaves the range of 8 and of 16 bits, choices and moves that do not."""
    return (
        *(x + y, x * y, x - y, -x, ~x, x & y, x // 3, x % 7, x.abs(), x[:, 1::2] + 1),
        *(torch.maximum(x, y), torch.where(x > y, x, y), x.amax(0), x.t(), x.flip(0), x == 3),
        *(x.float() / 255, x * 1.5, x.sum(-1), x.int() * 2, x.bool(), x.long() + 5, x + x.int()),
        *((x.int() * 100).to(x.dtype), x.to(torch.int8), x.to(torch.uint8), torch.argmax(x, 1)),
    )


@pytest.mark.parametrize(
    "kind",
    [
        torch.int8,
        pytest.param(torch.uint8, marks=pytest.mark.slow),
        pytest.param(torch.int16, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_small_integers(whole_of, machine_with, kind):
    """They wrap around as in PyTorch, and come back in the types that it gives."""
    ends, generator = torch.iinfo(kind), torch.Generator().manual_seed(5)
    x, y = (
        torch.randint(ends.min, ends.max + 1, (5, 17), generator=generator).to(kind)
        for _ in range(2)
    )
    whole = whole_of(with_small_integers, (x, y))
    types = [str(one.dtype).removeprefix("torch.") for one in with_small_integers(x, y)]
    assert list(whole.imported.output_types) == types
    equal_to_eager(whole, whole.compile(machine_with(8, 256)))


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda ids: ids + 2**40, "the constant 1099511627776 does not fit 32 bits"),
        (lambda ids: ids.double() * 2, "float64"),
        (lambda ids: ids.to(torch.float8_e5m2), "float8_e5m2"),
        (lambda ids: torch.gcd(ids, ids), "a loop whose length depends on values"),
    ],
    ids=["a wide constant", "float64", "float8", "a rounded quotient of floats"],
)
def test_refused(whole_of, function, says):
    with pytest.raises(UserError, match=says):
        whole_of(function, (torch.arange(6).reshape(2, 3),))
