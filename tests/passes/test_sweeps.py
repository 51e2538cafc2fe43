"""Rows that are cut into the tiles of sweeps: values stay, whatever is cut, through every pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npu.configs.errors import UserError
from npu.dialects.npu import GroupOp, MappingAttr
from npu.passes.group.plan import plan_in_sweeps, plan_of
from npu.runtime.reference import run_module
from tests.examples import examples
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


PROGRAMS = [softmax, softmax_and_powers, norm, sums_apart, columns]


def cut(module, tiles, slots):
    """Gives each group tiles of the sizes drawn, its reduced dimensions included."""
    for group in (op for op in module.walk() if isinstance(op, GroupOp)):
        space = plan_of(group).space
        tile = [min(t, e) for t, e in zip(tiles, space.extents, strict=False)]
        order = sorted(range(len(tile)), key=lambda d: (space.reduced[d], d))
        group.mapping = MappingAttr(tile, tile, order, slots)


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


@examples(4, 8)
@given(program=st.sampled_from(PROGRAMS), **CASES)
def test_values_stay(kernels, program, shape, batch, tiles, slots):
    values_stay(kernels, program((*batch, *shape)), tiles, slots)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
@examples(25, 25)
@given(**CASES)
def test_values_of_many_stay(kernels, program, shape, batch, tiles, slots):
    values_stay(kernels, program((*batch, *shape)), tiles, slots)


def test_a_softmax_is_three_sweeps_and_what_stands_between(kernels):
    module = kernels.apply(kernels.parse(softmax((4, 20))), "npu-group")
    group = next(op for op in module.walk() if isinstance(op, GroupOp))
    plan = plan_in_sweeps(group)
    assert [stage.is_sweep for stage in plan.stages] == [False, True, True, True]
    assert [stage.reduces for stage in plan.stages] == [False, True, True, False]
    assert [number for _, number in plan.inputs] == [0, 0, 0]
    assert plan.space.extents == plan_of(group).space.extents
    # powers are computed again where they are needed, and none is kept
    generics = [[op for op in s.ops if op.name == "linalg.generic"] for s in plan.stages]
    assert [len(found) for found in generics] == [0, 1, 1, 1]


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
    with pytest.raises(UserError, match="cuts the window dimension 2; expected its whole extent"):
        kernels.apply(module, "npu-tile", machine="8x8")
