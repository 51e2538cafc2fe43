"""Rows that share a register where a special function needs nothing of the row."""

import numpy as np
import pytest
from xdsl.dialects.linalg import ops as linalg

from npu.codegen.fission import parts_of
from npu.codegen.structured import size_numbers
from npu.dialects.npu import ComputeOp
from npu.runtime.compiler import make_context, parse

LANES = 128
LESS = "%s = arith.subf %a, %m : f32\n"
EXP_OF_LESS = LESS + "%r = math.exp %s : f32\nlinalg.yield %r : f32"


@pytest.fixture
def text(kernel, generic):
    """The kernel of a body of x, a number of its row, and the result."""

    def of(shape, body, rest=""):
        rows = shape.split("x")[0]
        of_row = rest if "dynamic" in rest else ""
        tiles = [f"in {shape}{rest}", f"in {rows}{of_row}", f"out {shape}{rest}"]
        maps = "d0, d1; d0; d0, d1"
        return kernel(tiles, generic(tiles, "0 1 -> 2", maps, "pp", "%a %m %c", body))

    return of


def parts(text):
    """What the operation of a kernel becomes."""
    module = parse(make_context(), text)
    compute = next(op for op in module.walk() if isinstance(op, ComputeOp))
    op = next(op for op in compute.walk() if isinstance(op, linalg.GenericOp))
    return parts_of(op, size_numbers(compute), LANES)


def test_short_rows_join_behind_what_needs_the_row(text):
    first, second = parts(text("37x60", EXP_OF_LESS))
    assert first.row == 60
    assert second.row == 37 * 60
    bodies = [[op.name for op in part.body.ops] for part in (first, second) if part.body]
    assert bodies == [["arith.subf", "linalg.yield"], ["math.exp", "linalg.yield"]]


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("37x65", EXP_OF_LESS),  # more than half a register
        ("37x60", LESS + "linalg.yield %s : f32"),  # nothing that is worth it
        ("37x60", LESS + "%e = math.exp %s : f32\n%r = arith.mulf %e, %m : f32\n"
                  "linalg.yield %r : f32"),  # the row's number is needed behind
        ("37x60", LESS + "%e = math.exp %s : f32\n%r = arith.addf %e, %c : f32\n"
                  "linalg.yield %r : f32"),  # so is the place where it would be kept
    ],
)  # fmt: skip
def test_what_stays_one_operation(text, shape, body):
    assert len(parts(text(shape, body))) == 1


def test_rows_with_gaps_stay_apart(text):
    assert len(parts(text("37x60", EXP_OF_LESS, " of 40x64"))) == 1


@pytest.mark.parametrize("rest", ["", " dynamic 0"])
def test_values(run, text, machine, rest):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((37, 60)).astype(np.float32) * 30
    m = x.max(1)
    x[3, 7], x[5, 59], x[9, 0], m[11] = np.nan, -np.inf, np.inf, -np.nan
    got = run(text("37x60", EXP_OF_LESS, rest), [x, m, np.zeros_like(x)], machine())[2]
    with np.errstate(all="ignore"):
        wanted = np.exp((x - m[:, None]).astype(np.float64))
    np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1.5e-45)
