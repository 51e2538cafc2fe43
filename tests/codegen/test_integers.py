"""Vector code on integers and conditions, against numpy: every operation, on lanes and scalars."""

import itertools

import numpy as np
import pytest

from npu.codegen.integers import INTEGERS
from npu.configs.errors import UserError

EDGES = [0, 1, -1, 2, -2, 3, 7, -7, 2**31 - 1, -(2**31), -(2**31) + 1, 46341, -46341, 65536, 12345]
LEFT, RIGHT = (np.array(v, np.int32) for v in zip(*itertools.product(EDGES, EDGES), strict=True))
BITS = tuple(np.array(v, np.bool_) for v in zip(*itertools.product([0, 1], [0, 1]), strict=True))


def wrapping(function):
    """The function on 64 bits, cut to 32."""
    return lambda a, b: function(a.astype(np.int64), b.astype(np.int64)).astype(np.int32)


def towards_zero(a, b):
    return np.trunc(a.astype(np.float64) / np.where(b == 0, 1, b)).astype(np.int64)


OF_INTEGERS = {
    "arith.addi": wrapping(np.add),
    "arith.subi": wrapping(np.subtract),
    "arith.muli": wrapping(np.multiply),
    "arith.maxsi": np.maximum,
    "arith.minsi": np.minimum,
    "arith.andi": np.bitwise_and,
    "arith.ori": np.bitwise_or,
    "arith.xori": np.bitwise_xor,
    "arith.divsi": wrapping(towards_zero),
    "arith.remsi": wrapping(lambda a, b: np.fmod(a, np.where(b == 0, 1, b))),
}
SHIFTS = {
    "arith.shli": np.left_shift,
    "arith.shrsi": np.right_shift,
    "arith.shrui": lambda a, b: np.right_shift(a.view(np.uint32), b).astype(np.int32),
}
OF_BITS = {
    "arith.addi": np.logical_xor,
    "arith.subi": np.logical_xor,
    "arith.muli": np.logical_and,
    "arith.andi": np.logical_and,
    "arith.ori": np.logical_or,
    "arith.xori": np.logical_xor,
}
COMPARED = {
    "eq": np.equal, "ne": np.not_equal, "slt": np.less, "sle": np.less_equal,
    "sgt": np.greater, "sge": np.greater_equal, "ult": np.less, "ule": np.less_equal,
    "ugt": np.greater, "uge": np.greater_equal,
}  # fmt: skip


@pytest.fixture
def apply(run, kernel, generic, machine):
    """Runs a body on rows of equal arrays, the last one being what it writes.

    `spread` names the operands that are one element for all lanes.
    """

    def apply(body, arrays, result, elements, spread=()):
        count = max(array.size for array in arrays)
        tiles = [
            f"in {1 if i in spread else count} type {element}"
            for i, element in enumerate(elements[:-1])
        ]
        tiles.append(f"out {count} type {elements[-1]}")
        numbers = " ".join(map(str, range(len(arrays))))
        maps = "; ".join("0" if i in spread else "d0" for i in range(len(arrays)))
        names = " ".join(f"%{name}" for name in "abc"[: len(arrays)])
        last = len(arrays)
        text = kernel(
            tiles, generic(tiles, f"{numbers} -> {last}", f"{maps}; d0", "p", f"{names} %o", body)
        )
        return run(text, [*arrays, np.zeros(count, result)], machine())[-1]

    return apply


@pytest.mark.parametrize("name", OF_INTEGERS)
@pytest.mark.parametrize("spread", [(), (0,), (1,)], ids=["lanes", "left", "right"])
def test_integers(apply, name, spread):
    body = f"%r = {name} %a, %b : i32\nlinalg.yield %r : i32"
    a, b = LEFT, RIGHT
    if "div" in name or "rem" in name:
        kept = (b != 0) & ~((a == -(2**31)) & (b == -1))
        a, b = a[kept], b[kept]
    a, b = (side[7:8] if i in spread else side for i, side in enumerate((a, b)))
    got = apply(body, [a, b], np.int32, ["i32"] * 3, spread)
    assert np.array_equal(got, OF_INTEGERS[name](*np.broadcast_arrays(a, b)))


@pytest.mark.parametrize("name", SHIFTS)
@pytest.mark.parametrize("spread", [(), (0,), (1,)], ids=["lanes", "left", "right"])
def test_shifts(apply, name, spread):
    body = f"%r = {name} %a, %b : i32\nlinalg.yield %r : i32"
    a, b = LEFT, np.arange(LEFT.size, dtype=np.int32) % 32
    a, b = (side[7:8] if i in spread else side for i, side in enumerate((a, b)))
    got = apply(body, [a, b], np.int32, ["i32"] * 3, spread)
    assert np.array_equal(got, SHIFTS[name](*map(np.array, np.broadcast_arrays(a, b))))


@pytest.mark.parametrize("name", OF_BITS)
@pytest.mark.parametrize("spread", [(), (0,)], ids=["lanes", "left"])
def test_conditions(apply, name, spread):
    body = f"%r = {name} %a, %b : i1\nlinalg.yield %r : i1"
    a, b = (side[3:] if i in spread else side for i, side in enumerate(BITS))
    got = apply(body, [a, b], np.bool_, ["i1"] * 3, spread)
    assert np.array_equal(got, OF_BITS[name](*np.broadcast_arrays(a, b)))
    assert set(got.view(np.uint8)) <= {0, 1}


@pytest.mark.parametrize("predicate", COMPARED)
@pytest.mark.parametrize("spread", [(), (0,), (1,)], ids=["lanes", "left", "right"])
def test_comparisons(apply, predicate, spread):
    body = f"%r = arith.cmpi {predicate}, %a, %b : i32\nlinalg.yield %r : i1"
    a, b = (side[7:8] if i in spread else side for i, side in enumerate((LEFT, RIGHT)))
    got = apply(body, [a, b], np.bool_, ["i32", "i32", "i1"], spread)
    sides = [s.view(np.uint32) if predicate.startswith("u") else s for s in (a, b)]
    assert np.array_equal(got, COMPARED[predicate](*np.broadcast_arrays(*sides)))


@pytest.mark.parametrize("predicate", COMPARED)
def test_comparisons_of_conditions(apply, predicate):
    body = f"%r = arith.cmpi {predicate}, %a, %b : i1\nlinalg.yield %r : i1"
    got = apply(body, list(BITS), np.bool_, ["i1"] * 3)
    sides = [-s.astype(np.int8) if predicate.startswith("s") else s for s in BITS]
    assert np.array_equal(got, COMPARED[predicate](*sides))


CONVERSIONS = {
    "arith.sitofp i32 f32": lambda a: a.astype(np.float32),
    "arith.uitofp i32 f32": lambda a: a.view(np.uint32).astype(np.float32),
    "arith.sitofp i1 f32": lambda a: -a.astype(np.float32),
    "arith.uitofp i1 f32": lambda a: a.astype(np.float32),
    "arith.extui i1 i32": lambda a: a.astype(np.int32),
    "arith.extsi i1 i32": lambda a: -a.astype(np.int32),
    "arith.trunci i32 i1": lambda a: a % 2 == 1,
    "arith.fptosi f32 i32": lambda a: np.trunc(a).astype(np.int32),
    "math.absi i32 i32": lambda a: np.abs(a.astype(np.int64)).astype(np.int32),
}
NUMPY = {"i32": np.int32, "i1": np.bool_, "f32": np.float32}
HALVES = np.array([0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.9999998, -7.9, 2147483520.0, -(2.0**31)])


@pytest.mark.parametrize("conversion", CONVERSIONS)
@pytest.mark.parametrize("spread", [(), (0,)], ids=["lanes", "scalar"])
def test_conversions(apply, conversion, spread):
    name, source, target = conversion.split()
    types = f"{source} to {target}" if name != "math.absi" else source
    body = f"%r = {name} %a : {types}\nlinalg.yield %r : {target}"
    values = {"i32": LEFT, "i1": BITS[0], "f32": HALVES.astype(np.float32)}[source]
    a = values[-1:] if spread else values
    operands, elements = [a], [source, target]
    if spread:  # something must tell the extent
        operands, elements = [a, values], [source, source, target]
    got = apply(body, operands, NUMPY[target], elements, spread)
    assert np.array_equal(got, np.broadcast_to(CONVERSIONS[conversion](a), got.shape))


def test_every_operation_is_tested():
    tested = {*OF_INTEGERS, *SHIFTS, "arith.cmpi", *(name.split()[0] for name in CONVERSIONS)}
    assert {op.name for op in INTEGERS} == tested


@pytest.mark.parametrize("element", ["i32", "i1", "f32"])
@pytest.mark.parametrize("spread", [(), (0,), (1,), (2,), (1, 2)], ids=str)
def test_choices(apply, element, spread):
    body = f"%r = arith.select %a, %b, %c : {element}\nlinalg.yield %r : {element}"
    rng = np.random.default_rng(5)
    condition = rng.random(37) < 0.5
    sides = [rng.integers(0, 2 if element == "i1" else 99, 37).astype(NUMPY[element])] * 2
    sides[1] = np.logical_not(sides[0]) if element == "i1" else sides[0] + NUMPY[element](1)
    operands = [s[4:5] if i in spread else s for i, s in enumerate((condition, *sides))]
    got = apply(body, operands, NUMPY[element], ["i1", *[element] * 3], spread)
    assert np.array_equal(got, np.where(*np.broadcast_arrays(*operands)))


def test_opposites_are_stored_and_combined(apply):
    """`uno` is the opposite of `ord`, which a choice undoes and a store must not."""
    a = np.array([1.0, np.nan, -np.inf, np.nan, 0.0], np.float32)
    body = "%r = arith.cmpf uno, %a, %a : f32\nlinalg.yield %r : i1"
    assert np.array_equal(apply(body, [a], np.bool_, ["f32", "i1"]), np.isnan(a))
    body = (
        "%u = arith.cmpf uno, %a, %a : f32\n%r = arith.xori %u, %b : i1\n"
        "%s = arith.extui %r : i1 to i32\nlinalg.yield %s : i32"
    )
    b = np.array([1, 1, 0, 0, 1], np.bool_)
    got = apply(body, [a, b], np.int32, ["f32", "i1", "i32"])
    assert np.array_equal(got, np.isnan(a) ^ b)


REDUCTIONS = {
    "arith.addi": (np.add, 0),
    "arith.maxsi": (np.maximum, -(2**31)),
    "arith.minsi": (np.minimum, 2**31 - 1),
    "arith.andi": (np.bitwise_and, -1),
    "arith.ori": (np.bitwise_or, 0),
    "arith.xori": (np.bitwise_xor, 0),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("shape", [(3, 70), (5, 1), (1, 257)], ids=str)
@pytest.mark.parametrize("axis", [0, 1])
def test_reductions(run, kernel, generic, machine, name, shape, axis):
    """Over the lanes, and lane by lane; they wrap around."""
    kept = shape[1 - axis]
    tiles = [f"in {shape[0]}x{shape[1]} type i32", f"out {kept} type i32"]
    maps, kinds = ("d0, d1; d0", "pr") if axis else ("d1, d0; d0", "pr")
    body = f"%r = {name} %a, %o : i32\nlinalg.yield %r : i32"
    text = kernel(tiles, generic(tiles, "0 -> 1", maps, kinds, "%a %o", body))
    rng = np.random.default_rng(3)
    x = rng.integers(-(2**31), 2**31, shape, np.int64).astype(np.int32)
    combine, start = REDUCTIONS[name]
    got = run(text, [x, np.full(kept, start, np.int32)], machine())[1]
    wanted = combine.reduce(x.astype(np.int64), axis=axis)
    assert np.array_equal(got, combine(wanted, start).astype(np.int32))


@pytest.mark.parametrize("name", ["andi", "ori", "xori"])
@pytest.mark.parametrize("shape", [(3, 70), (1, 9), (40, 1)], ids=str)
def test_reductions_of_conditions(run, kernel, generic, machine, name, shape):
    """Row by row, in lanes of their own."""
    rows, columns = shape
    tiles = [f"in {rows}x{columns} type i1", f"out {rows} type i1"]
    body = f"%r = arith.{name} %a, %o : i1\nlinalg.yield %r : i1"
    text = kernel(tiles, generic(tiles, "0 -> 1", "d0, d1; d0", "pr", "%a %o", body))
    rng = np.random.default_rng(4)
    x, start = rng.random(shape) < 0.1, rng.random(rows) < 0.5
    combine, _ = REDUCTIONS[f"arith.{name}"]
    got = run(text, [x, start], machine())[1]
    assert np.array_equal(got, combine(combine.reduce(x, axis=1), start))


@pytest.mark.parametrize("element", ["i32", "i1"])
@pytest.mark.parametrize(
    "tiles",
    [
        ("in 13x37 of 16x40 type T", "out 37x13 of 37x20 type T"),
        ("in 1x5 of 3x9 type T dynamic 1", "out 5x1 type T dynamic 0"),
        ("in 8x64 type T", "out 64x8 type T"),
    ],
    ids=["parts", "dynamic", "whole"],
)
def test_transposes(run, kernel, generic, machine, element, tiles):
    """Strided loads and stores of elements of a byte and of four."""
    tiles = [tile.replace("T", element) for tile in tiles]
    shape = tuple(int(n) for n in tiles[0].split()[1].split("x"))
    body = f"linalg.yield %a : {element}"
    text = kernel(tiles, generic(tiles, "0 -> 1", "d1, d0; d0, d1", "pp", "%a %o", body))
    x = np.random.default_rng(1).integers(0, 2, shape).astype(NUMPY[element])
    got = run(text, [x, np.zeros(shape[::-1], NUMPY[element])], machine())[1]
    assert np.array_equal(got, x.T)


@pytest.mark.parametrize(
    ("body", "element", "says"),
    [
        ("%r = arith.maxsi %a, %a : T\nlinalg.yield %r : T", "i1", "arith.maxsi of conditions"),
        (
            "%r = arith.addi %a, %a : T\nlinalg.yield %r : T",
            "i64",
            "works on f32, i32, i1, bf16",
        ),
    ],
    ids=["an extremum of conditions", "64 bits"],
)
def test_refused(run, kernel, generic, machine, body, element, says):
    tiles = [f"in 9 type {element}", f"out 9 type {element}"]
    body = body.replace("T", element)
    text = kernel(tiles, generic(tiles, "0 -> 1", "d0; d0", "p", "%a %o", body))
    arrays = [np.zeros(9, np.bool_), np.zeros(9, np.bool_)]
    with pytest.raises(UserError, match=says):
        run(text, arrays, machine())
