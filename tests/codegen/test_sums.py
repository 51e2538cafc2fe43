"""Sums on Spike are those of f64 rounded once: of long rows, of columns, of values that cancel."""

import numpy as np
import pytest

from npu.codegen.compile import emit_llvm

VLENS = (128, 1024, 4096)


def values(kind, shape):
    """Rows or columns that plain f32 sums get wrong."""
    rng = np.random.default_rng(5)
    if kind == "equal":
        return np.full(shape, 0.1, np.float32)
    if kind == "large mean":
        return (1e6 + rng.random(shape)).astype(np.float32)
    if kind == "huge and back":
        return np.where(rng.random(shape) < 0.5, 3e38, -3e38).astype(np.float32)
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-30, 30, shape)).astype(np.float32)


KINDS = ("equal", "large mean", "huge and back", "every magnitude")


@pytest.fixture
def total(run, kernel, generic, machine):
    """The sum of an array over one of its two dimensions, computed on Spike."""

    def at(x, dimension, vlen):
        rows, columns = x.shape
        kept = (rows, columns)[1 - dimension]
        tiles = [f"in {rows}x{columns}", f"out {kept}"]
        iterators = "rp" if dimension == 0 else "pr"
        body = generic(
            tiles, "0 -> 1", f"d0, d1; d{1 - dimension}", iterators, "%a %c",
            "%r = arith.addf %a, %c : f32\nlinalg.yield %r : f32",
        )  # fmt: skip
        return run(kernel(tiles, body), [x, np.zeros(kept, np.float32)], machine(vlen=vlen))[1]

    return at


@pytest.mark.parametrize("vlen", VLENS)
@pytest.mark.parametrize("dimension", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_is_rounded_once(total, kind, dimension, vlen):
    shape = (5, 3001) if dimension == 1 else (3001, 5)
    x = values(kind, shape)
    got = total(x, dimension, vlen).astype(np.float64)
    exact = x.astype(np.float64).sum(axis=dimension)
    with np.errstate(over="ignore"):
        wanted = exact.astype(np.float32).astype(np.float64)
    assert np.array_equal(np.isinf(got), np.isinf(wanted))
    finite = np.isfinite(wanted)
    # Sums of f64 in two orders: a few units of its last place of the magnitudes summed.
    slack = np.abs(x.astype(np.float64)).sum(axis=dimension)[finite] * 1e-12
    unit = np.spacing(np.abs(wanted[finite]).astype(np.float32)).astype(np.float64)
    assert (np.abs(got[finite] - exact[finite]) <= 0.5 * unit + slack).all()


@pytest.mark.parametrize(("columns", "accumulates"), [(32, False), (33, True)])
def test_one_strip_has_no_accumulators(parse, kernel, generic, machine, columns, accumulates):
    """At 256 bits a group of 4 registers, the most beside twice as many of f64, holds 32 of f32."""
    tiles = [f"in 1x{columns}", "out 1"]
    body = generic(
        tiles, "0 -> 1", "d0, d1; d0", "pr", "%a %c",
        "%r = arith.addf %a, %c : f32\nlinalg.yield %r : f32",
    )  # fmt: skip
    text = emit_llvm(parse(kernel(tiles, body)), machine(vlen=256))
    assert ("riscv.vfwadd.w" in text) == accumulates


@pytest.mark.parametrize("columns", [1, 7, 8, 9, 31, 32])
def test_sums_of_one_strip_keep_what_was_there(run, kernel, generic, machine, columns):
    tiles = [f"in 3x{columns}", "out 3"]
    body = generic(
        tiles, "0 -> 1", "d0, d1; d0", "pr", "%a %c",
        "%r = arith.addf %a, %c : f32\nlinalg.yield %r : f32",
    )  # fmt: skip
    x = values("every magnitude", (3, columns))
    start = np.array([1.5, np.inf, np.nan], np.float32)
    got = run(kernel(tiles, body), [x, start], machine(vlen=256))[1]
    wanted = (x.astype(np.float64).sum(1) + start).astype(np.float32)
    assert np.array_equal(got, wanted, equal_nan=True)


@pytest.mark.parametrize("dimension", [0, 1])
def test_nan_and_infinities(total, dimension):
    x = np.ones((4, 70), np.float32)
    x[0, 13] = np.inf
    x[1, 69] = -np.inf
    x[2, 0] = np.nan
    x[3, [2, 65]] = [np.inf, -np.inf]
    wanted = np.array([np.inf, -np.inf, np.nan, np.nan], np.float32)
    got = total(x, 1, 256) if dimension == 1 else total(np.ascontiguousarray(x.T), 0, 256)
    assert np.array_equal(got, wanted, equal_nan=True)


@pytest.mark.parametrize("shape", [(20, 30), (1, 9), (257, 3)], ids=str)
def test_a_fold_that_is_no_known_reduction_keeps_its_order(run, kernel, generic, machine, shape):
    rows, columns = shape
    tiles = [f"in {rows}x{columns}", f"out {rows}"]
    body = "%x = arith.subf %a, %c : f32\nlinalg.yield %x : f32"
    text = kernel(tiles, generic(tiles, "0 -> 1", "d0, d1; d0", "pr", "%a %c", body))
    rng = np.random.default_rng(5)
    x, wanted = rng.random(shape, np.float32), rng.random(rows, np.float32)
    got = run(text, [x, wanted.copy()], machine())[1]
    for column in x.T:
        wanted = column - wanted
    assert np.array_equal(got, wanted)
