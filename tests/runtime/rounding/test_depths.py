"""How often the terms of sums over cut rows are rounded, and that such sums keep within it."""

import numpy as np
import pytest
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.rewriter import InsertPoint, Rewriter

from npu.configs.loader import load
from npu.dialects.npu import GroupOp
from npu.passes.map.device import device_of
from npu.runtime.compiler import make_context, parse
from npu.runtime.rounding.contraction import Depth
from npu.runtime.rounding.depths import Depths
from npu.runtime.rounding.groups import run_group
from npu.runtime.rounding.pairs import UNIT, exact
from tests.hand_mapping import hand_mapping

ROW = 'iterator_types = ["parallel", "reduction"]'
WHOLE, SHORT = "affine_map<(i, j) -> (i, j)>", "affine_map<(i, j) -> (i)>"
FORMS = {
    "power": ("maximumf", "0xFF800000", "%e = arith.subf %x, %v : f32\n%t = math.exp %e : f32"),
    "shifted": ("addf", "0.0", "%t = arith.subf %x, %v : f32"),
    "squared": ("addf", "0.0", "%e = arith.subf %x, %v : f32\n%t = arith.mulf %e, %e : f32"),
    "alone": ("addf", "0.0", "%e = arith.subf %x, %v : f32\n%t = math.absf %e : f32"),
}


def group(form, length, tile):
    """Two sums of a row, the second of terms that depend on the first; the tiles cut the row."""
    kind, start, body = FORMS[form]
    row, short = f"tensor<1x{length}xf32>", "tensor<1xf32>"
    text = f"""func.func @main(%given: {row}) -> {short} {{
      %r = npu.group @g ins(%given : {row}) {{
      ^bb0(%a: {row}):
        %c = arith.constant {start} : f32
        %z = arith.constant 0.0 : f32
        %room = tensor.empty() : {short}
        %f = linalg.fill ins(%c : f32) outs(%room : {short}) -> {short}
        %g = linalg.generic {{indexing_maps = [{WHOLE}, {SHORT}], {ROW}}}
            ins(%a : {row}) outs(%f : {short}) {{
        ^bb1(%x1: f32, %out: f32):
          %w = arith.constant {1.0 if kind == "maximumf" else 1 / length:e} : f32
          %m = arith.mulf %x1, %w : f32
          %y = arith.{kind} %m, %out : f32
          linalg.yield %y : f32
        }} -> {short}
        %f2 = linalg.fill ins(%z : f32) outs(%room : {short}) -> {short}
        %h = linalg.generic {{indexing_maps = [{WHOLE}, {SHORT}, {SHORT}], {ROW}}}
            ins(%a, %g : {row}, {short}) outs(%f2 : {short}) {{
        ^bb1(%x: f32, %v: f32, %out: f32):
          {body}
          %y = arith.addf %t, %out : f32
          linalg.yield %y : f32
        }} -> {short}
        npu.yield %h : {short}
      }} ops [] : {short}
      func.return %r : {short}
    }}"""
    module = parse(make_context(), text)
    found = next(op for op in module.walk() if isinstance(op, GroupOp))
    found.mapping = hand_mapping(found, device_of(load("8x8")), (1, tile))
    return found


@pytest.mark.parametrize(
    ("form", "whole", "cut"),
    [
        ("power", Depth(0), 3 * (2 + 1e-7 / UNIT)),
        ("shifted", Depth(0), 3 * 2 + 8),
        ("squared", Depth(0), 2 * 4 + 12),
        ("alone", Depth(0), 3),
    ],
)
def test_depths(form, whole, cut):
    for tile, wanted in ((16, whole.roundings), (4, cut)):
        found = group(form, 16, tile)
        sums = [op for op in found.work.ops if isinstance(op, GenericOp)]
        assert Depths(found, 8).of(sums[1]).roundings == pytest.approx(wanted)


def test_a_group_that_repeats_another_is_cut_as_that_one():
    found = group("alone", 16, 4)
    again = GroupOp("g", list(found.inputs), list(found.outputs.types), None, found.origin)
    Rewriter.insert_op(again, InsertPoint.after(found))
    sums = [op for op in again.work.ops if isinstance(op, GenericOp)]
    assert Depths(again, 8).of(sums[1]).roundings == 3


def mended(form, row, tile):
    """The sum as tiles make it, every step in float32 but for sums over a tile."""
    f, zero = np.float32, np.float32(0)
    parts = [row[i : i + tile] for i in range(0, row.size, tile)]
    if form == "power":
        top, total = f(-np.inf), zero
        for part in parts:
            best = max(top, part.max())
            total = f(total * np.exp(top - best)) + f(np.exp(part - best).sum(dtype=np.float64))
            top = best
        return total
    count, pivot, total, squares, mean = zero, zero, zero, zero, zero
    for part in parts:
        share = f((part * f(1 / row.size)).sum(dtype=np.float64))
        k, mean = f(part.size), mean + share
        new = pivot + (share * (f(row.size) / k) - pivot) * (k / (count + k))
        moved = pivot - new
        squares = squares + moved * (total + total + count * moved)
        total = total + count * moved
        count, pivot = count + k, new
        total = total + f((part - pivot).sum(dtype=np.float64))
        squares = squares + f(np.square(part - pivot).sum(dtype=np.float64))
    moved = pivot - mean
    if form == "shifted":
        return total + count * moved
    return squares + moved * (total + total + count * moved)


RANDOM = np.random.default_rng(1)
ROWS = {
    "normal": RANDOM.standard_normal(4000),
    "far from 0": RANDOM.standard_normal(4000) + 1000,
    "a jump": np.r_[np.zeros(1000), RANDOM.standard_normal(3000) + 1e5],
    "up": np.linspace(-50, 30, 4000),
    "down": np.linspace(30, -50, 4000),
    "an outlier": np.r_[1e6, RANDOM.standard_normal(3999)],
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("form", ["power", "shifted", "squared"])
def test_sums_that_are_mended_keep_within_their_limits(form, row):
    row = row.astype(np.float32)
    for tile in (7, 250, 1999):
        (found,) = run_group(group(form, row.size, tile), [exact(row[None])], 8)
        error = abs(float(mended(form, row, tile)) - found["value"][0])
        assert error <= found["error"][0], (tile, error, found)


def test_a_sum_that_is_not_mended_is_noticed():
    row = ROWS["up"].astype(np.float32)
    (found,) = run_group(group("power", row.size, 250), [exact(row[None])], 8)
    top = np.maximum.accumulate(row[249::250]).repeat(250)
    assert abs(np.exp(row - top).sum() - found["value"][0]) > found["error"][0]
    assert found["error"][0] < 1e-4 * found["value"][0]
