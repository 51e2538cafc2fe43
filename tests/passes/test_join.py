"""Groups of several stages: what a mapping of them may be, and what is a gain."""

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from npu.configs.errors import UserError
from npu.dialects.mapping import Hold, Loop, Mapping, Run, Scope
from npu.dialects.npu import GroupOp, MappingAttr
from npu.frontend.stage0.normalise import parse_stage0
from npu.passes.group.group import GroupPass
from npu.passes.group.join_benefit import Part, gain
from npu.passes.map.estimate import Estimate
from npu.passes.tile.tile import TilePass

ROWS, COLUMNS, INNER, LAST = 96, 40, 24, 56
"""m, the columns of the first product, its k, and the columns of the second one."""


def product(name: str, rows: str, weights: str, sizes: tuple[int, int, int]) -> str:
    m, k, n = sizes
    maps = ", ".join(f"affine_map<(m, n, k) -> {to}>" for to in ("(m, k)", "(k, n)", "(m, n)"))
    return f"""
    %{name}_e = tensor.empty() : tensor<{m}x{n}xf32>
    %{name}_z = linalg.fill ins(%zero : f32) outs(%{name}_e : tensor<{m}x{n}xf32>)
        -> tensor<{m}x{n}xf32>
    %{name} = linalg.generic {{indexing_maps = [{maps}],
        iterator_types = ["parallel", "parallel", "reduction"]}}
        ins(%{rows}, %{weights} : tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>)
        outs(%{name}_z : tensor<{m}x{n}xf32>) {{
    ^bb0(%p: f32, %q: f32, %o: f32):
      %r = arith.mulf %p, %q : f32
      %s = arith.addf %o, %r : f32
      linalg.yield %s : f32
    }} -> tensor<{m}x{n}xf32>"""


def two_products() -> ModuleOp:
    """One group of two products, the dimensions of which are (m, columns, inner, last)."""
    text = f"""
func.func @main(%x: tensor<{ROWS}x{INNER}xf32>, %w: tensor<{INNER}x{COLUMNS}xf32>,
    %v: tensor<{COLUMNS}x{LAST}xf32>) -> tensor<{ROWS}x{LAST}xf32> {{
    %zero = arith.constant 0.0 : f32
    {product("a", "x", "w", (ROWS, INNER, COLUMNS))}
    {product("b", "a", "v", (ROWS, COLUMNS, LAST))}
    func.return %b : tensor<{ROWS}x{LAST}xf32>
}}"""
    module = parse_stage0(text)
    GroupPass(machine="tpuv3").apply(Context(), module)
    return module


def tiled(m: int, n0: int, k: int, n1: int, *, is_inside_out: bool = False) -> None:
    module = two_products()
    (group,) = [op for op in module.walk() if isinstance(op, GroupOp)]
    rows, acc, last = Loop("m", m, m, True), Hold("acc", 1), Loop("n1", n1, n1, True)
    operands = (Hold("rows", 1), Hold("weights", 1))
    first = [Loop("n0", n0, n0, False), Loop("k", k, k, False), *operands]
    if n0 < COLUMNS:
        first.insert(1, acc)
    summed = [Loop("n0", n0, n0, False), Hold("weights_1", 1), Run("arrays_1")]
    second = [Hold("acc_1", 1), *summed]
    stages = [Scope((*first, Run("arrays")))]
    if is_inside_out:
        nest = (last, rows, acc, *stages, Scope(tuple(second)))
    else:
        nest = (rows, *([] if acc in first else [acc]), *stages, Scope((last, *second)))
    group.mapping = MappingAttr(Mapping(nest))
    TilePass(machine="tpuv3").apply(Context(), module)


def test_rows_and_own_dimensions_may_be_cut():
    tiled(10, COLUMNS, 8, 9)


@pytest.mark.parametrize(
    ("sizes", "is_inside_out", "problem"),
    [
        ((10, 8, 8, 9), False, "cuts dimension n0, along which a stage leaves its result"),
        ((10, 40, 8, 9), True, "expected m outside, and n0, k inside, for this stage alone"),
    ],
)
def test_other_mappings_are_refused(sizes, is_inside_out, problem):
    with pytest.raises(UserError, match=problem):
        tiled(*sizes, is_inside_out=is_inside_out)


def part(array=0.0, transfers=0.0, ends=0.0, tiles=1, idle=1.0, *, is_heavy=False):
    return Part(Estimate(0, 0.0, array, 0.0, transfers, ends, tiles, idle, 0.0), is_heavy)


def test_a_gain_is_what_is_no_longer_moved():
    parts = [part(100, 500, 50), part(100, 400, 50)]
    assert gain(parts, part(250, 600, 60)) == 1000 - 660


def test_what_moves_more_than_before_is_no_gain():
    parts = [part(1000, 500, 50), part(0, 100, 50)]
    assert gain(parts, part(1000, 600, 50)) == 150
    assert gain(parts, part(1000, 601, 50)) == 0


def test_cores_without_work_are_no_gain():
    parts = [part(0, 500, idle=1.0), part(0, 400, idle=1.5)]
    assert gain(parts, part(0, 600, idle=1.5)) == 300
    assert gain(parts, part(0, 600, idle=2.0)) == 0


def test_vector_code_may_hide_what_is_saved():
    parts = [part(100, 500, 50), part(0, 400, 50, tiles=4, is_heavy=True)]
    joined = part(300, 500, 60, is_heavy=True)
    assert gain(parts, joined) == min(1000 - 560, 550 + 50 - 360)
