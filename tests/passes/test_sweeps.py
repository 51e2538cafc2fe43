"""Rows that are cut into the tiles of sweeps: values stay, whatever is cut, through every pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.dialects.npu import GroupOp
from npu.passes.group.iteration_space import reduction_loops
from npu.passes.group.plan import plan_in_sweeps, plan_of
from npu.passes.map.device import device_of
from npu.runtime.reference import run_module
from tests.examples import examples
from tests.hand_mapping import hand_mapping
from tests.passes.test_group_map_tile import ADD, EXP, MUL, SUB, TANH, Stage0

BEHIND = [
    ("npu-tile", {"machine": "8x8"}),
    ("npu-distribute", {}),
    ("npu-insert-dma", {}),
    ("npu-double-buffer", {"machine": "8x8"}),
    ("npu-place", {"machine": "8x8"}),
]
DIV = "%r = arith.divf %x0, %x1 : f32"


def softmax(shape):
    f = Stage0(shape)
    top = f.rows("%a0", "maximumf", "0xFF800000")
    powers = f.pointwise(EXP, f.with_rows("%a0", top, SUB))
    return f.text(f.with_rows(powers, f.rows(powers, "addf", 0.0), DIV))


def softmax_and_powers(shape):
    """A tile that leaves in the first sweep that can compute it, and is needed in the next."""
    f = Stage0(shape)
    top = f.rows("%a0", "maximumf", "0xFF800000")
    powers = f.pointwise(EXP, f.with_rows("%a0", top, SUB))
    total = f.rows(powers, "addf", 0.0)
    return f.text(f.with_rows(powers, total, DIV), powers, top, total)


def norm(shape):
    f = Stage0(shape, shape[-1:], shape[-1:])
    scale = f"%c = arith.constant {1 / shape[-1]} : f32\n%r = arith.mulf %x0, %c : f32"
    mean = f.pointwise(scale, f.rows("%a0", "addf", 0.0))
    centred = f.with_rows("%a0", mean, SUB)
    squares = f.rows(f.pointwise(MUL, centred, centred), "addf", 1.0)
    root = f.pointwise("%r = math.rsqrt %x0 : f32", squares)
    y = f.with_rows(centred, root, MUL)
    return f.text(f.pointwise(ADD, f.pointwise(MUL, y, "%a1"), "%a2"))


def sums_apart(shape):
    """Two reductions of two tensors in one sweep, and a third that needs both."""
    f = Stage0(shape, shape)
    x = f.pointwise(ADD, "%a0", "%a1")
    top, total = f.rows(x, "maximumf", "0xFF800000"), f.rows(x, "addf", 0.5)
    both = f.pointwise(ADD, top, total)
    return f.text(f.rows(f.pointwise(TANH, f.with_rows(x, both, SUB)), "addf", 0.0), top)


def columns(shape):
    """A reduction over the outermost dimension."""
    f = Stage0(shape)
    rank = len(shape)
    order = (*range(1, rank), 0)
    loops = [order.index(d) for d in range(rank)]
    body = "%r = arith.addf %x0, %o : f32"
    kinds = "p" * (rank - 1) + "r"
    total = f.generic(kinds, [("%a0", loops)], shape[1:], range(rank - 1), body)
    return f.text(f.pointwise(TANH, total))


def two_norms(shape):
    """A sweep that reads what an earlier one left, and moments in both."""
    f = Stage0(shape)
    scale = f"%c = arith.constant {1 / shape[-1]} : f32\n%r = arith.mulf %x0, %c : f32"
    x = "%a0"
    for body in ("%r = math.tanh %x0 : f32", "%r = math.absf %x0 : f32"):
        mean = f.pointwise(scale, f.rows(x, "addf", 0.0))
        centred = f.with_rows(x, mean, SUB)
        squares = f.pointwise(scale, f.rows(f.pointwise(MUL, centred, centred), "addf", 0.0))
        root = f.pointwise("%c = arith.constant 1.0 : f32\n%r = arith.addf %x0, %c : f32", squares)
        x = f.pointwise(body, f.with_rows(centred, root, DIV))
    return f.text(x)


def powers_of_two(shape):
    """Two sums of powers in one sweep, each about a row value that the other one has no use for."""
    f = Stage0(shape, shape)
    x = f.pointwise(ADD, "%a0", "%a1")
    totals = []
    for kind, start in (("maximumf", "0xFF800000"), ("minimumf", "0x7F800000")):
        y = f.with_rows(x, f.pointwise(TANH, f.rows(x, kind, start)), MUL)
        top = f.rows(y, "maximumf", "0xFF800000")
        totals.append(f.rows(f.pointwise(EXP, f.with_rows(y, top, SUB)), "addf", 0.0))
    return f.text(f.pointwise(ADD, *totals))


PROGRAMS = [softmax, softmax_and_powers, norm, two_norms, powers_of_two, sums_apart, columns]


def cut(module, tiles, slots):
    """Gives each group tiles of the sizes drawn, its reduced dimensions included."""
    for group in (op for op in module.walk() if isinstance(op, GroupOp)):
        space = plan_of(group).space
        tile = [min(t, e) for t, e in zip(tiles, space.extents, strict=False)]
        group.mapping = hand_mapping(group, device_of(load("8x8")), tile, buffers=slots)


def values_stay(kernels, text, tiles, slots):
    module = kernels.parse(text)
    main = next(op for op in module.ops if op.name == "func.func")
    random = np.random.default_rng(0)
    inputs = [random.standard_normal(t.get_shape(), np.float32) for t in main.function_type.inputs]
    before = run_module(module, inputs)
    module = kernels.apply(module, "npu-group")
    cut(module, tiles, slots)
    for name, options in BEHIND:
        module = kernels.apply(module, name, **options)
        for got, wanted in zip(run_module(module, inputs), before, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5, err_msg=name)
    kernels.apply(module, "npu-derive-tog")


CASES = {
    "shape": st.tuples(st.integers(1, 5), st.integers(1, 23)),
    "batch": st.lists(st.integers(1, 3), max_size=1),
    "tiles": st.tuples(*[st.integers(1, 9)] * 3),
    "slots": st.integers(1, 3),
}


@examples(2, 8)
@given(program=st.sampled_from(PROGRAMS), **CASES)
def test_values_stay(kernels, program, shape, batch, tiles, slots):
    values_stay(kernels, program((*batch, *shape)), tiles, slots)


@pytest.mark.parametrize(
    "program", [softmax, norm, pytest.param(two_norms, marks=pytest.mark.slow)]
)
def test_values_of_every_kind_stay(kernels, program):
    values_stay(kernels, program((3, 9)), (2, 4), 1)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
@examples(25, 25)
@given(**CASES)
def test_values_of_many_stay(kernels, program, shape, batch, tiles, slots):
    values_stay(kernels, program((*batch, *shape)), tiles, slots)


def plan_of_rows(kernels, text):
    module = kernels.apply(kernels.parse(text), "npu-group")
    group = next(op for op in module.walk() if isinstance(op, GroupOp))
    plan = plan_in_sweeps(group)
    assert plan.space.extents == plan_of(group).space.extents
    return plan


def sweeps_of(plan):
    """Reductions, then other operations that walk the row, of each sweep."""
    found = []
    for stage in (stage for stage in plan.stages if stage.is_sweep):
        every = [op for op in stage.ops if op.name == "linalg.generic"]
        whole = [op for op in every if len(plan.space.op_dims[op]) == len(plan.space.extents)]
        reducing = sum(bool(reduction_loops(op)) for op in whole)
        found.append((reducing, len(whole) - reducing))
    return found


def test_a_softmax_is_two_sweeps_and_what_stands_between(kernels):
    plan = plan_of_rows(kernels, softmax((4, 20)))
    assert [stage.is_sweep for stage in plan.stages] == [False, True, False, True]
    assert [stage.reduces for stage in plan.stages] == [False, True, False, False]
    assert [number for _, number in plan.inputs] == [0, 0]
    # the maximum and the sum of powers; powers are computed again where they are needed
    assert sweeps_of(plan) == [(2, 0), (0, 1)]


def test_a_norm_is_two_sweeps(kernels):
    # the mean; of a tile its count and its mean, then the differences' sum and the squares'
    plan = plan_of_rows(kernels, norm((4, 20)))
    assert sweeps_of(plan) == [(5, 0), (0, 1)]


@pytest.mark.parametrize("program", [norm, two_norms, powers_of_two])
def test_what_tiles_hand_on_has_a_place_of_its_own(kernels, program):
    """Nothing in a sweep is written over what the next tile reads."""
    plan = plan_of_rows(kernels, program((4, 20)))
    for stage in (stage for stage in plan.stages if stage.is_sweep):
        outside = {
            plan.buffer_of[v]
            for op in stage.ops
            for v in op.operands
            if v in plan.buffer_of and v.owner not in stage.ops
        }
        for op in stage.ops:
            number = plan.buffer_of[op.results[0]]
            assert number not in outside or plan.buffer_of.get(op.operands[-1]) == number


DEPENDENT = {
    "entropy": ("%e = math.exp %d : f32\n%r = arith.mulf %e, %d : f32", 3),
    "cube": ("%e = arith.mulf %d, %d : f32\n%r = arith.mulf %e, %d : f32", 3),
    "square of a power": ("%e = math.exp %d : f32\n%r = arith.mulf %e, %e : f32", 3),
    "a power times an element": ("%e = math.exp %d : f32\n%r = arith.mulf %e, %x0 : f32", 2),
    "a power by an element": ("%e = math.exp %d : f32\n%r = arith.divf %e, %x0 : f32", 2),
    "an element by a power": ("%e = math.exp %d : f32\n%r = arith.divf %x0, %e : f32", 3),
}


@pytest.mark.parametrize(("body", "sweeps"), DEPENDENT.values(), ids=DEPENDENT)
def test_only_what_can_be_mended_runs_beside(kernels, body, sweeps):
    f = Stage0((4, 20))
    term = f.with_rows("%a0", f.rows("%a0", "maximumf", "0xFF800000"), f"%d = {SUB[5:]}\n{body}")
    total = f.rows(term, "addf", 0.5)
    plan = plan_of_rows(kernels, f.text(f.with_rows("%a0", total, DIV)))
    assert len(sweeps_of(plan)) == sweeps


@pytest.mark.parametrize(
    ("kind", "start", "sweeps"), [("minimumf", "0x7F800000", 3), ("addf", 0.0, 3)]
)
def test_powers_of_what_is_no_maximum_wait_for_it(kernels, kind, start, sweeps):
    f = Stage0((4, 20))
    powers = f.pointwise(EXP, f.with_rows("%a0", f.rows("%a0", kind, start), SUB))
    plan = plan_of_rows(kernels, f.text(f.with_rows(powers, f.rows(powers, "addf", 0.0), DIV)))
    assert len(sweeps_of(plan)) == sweeps


def test_only_windows_stay_whole(kernels):
    text = """func.func @main(%a: tensor<2x9xf32>) -> tensor<2x5xf32> {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x5xf32>
  %w = tensor.empty() : tensor<5xf32>
  %start = linalg.fill ins(%low : f32) outs(%e : tensor<2x5xf32>) -> tensor<2x5xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1 + d2)>,
    affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>],
    iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%a, %w : tensor<2x9xf32>, tensor<5xf32>) outs(%start : tensor<2x5xf32>)
    attrs = {npu.torch_op = "aten.op"} {
  ^bb1(%p: f32, %q: f32, %o: f32):
    %s = arith.maximumf %p, %o : f32
    linalg.yield %s : f32
  } -> tensor<2x5xf32>
  func.return %max : tensor<2x5xf32>
}"""
    module = kernels.apply(kernels.parse(text), "npu-group")
    cut(module, (1, 3, 2), 2)
    with pytest.raises(UserError, match="cuts the window dimension l; expected its whole extent"):
        kernels.apply(module, "npu-tile", machine="8x8")
