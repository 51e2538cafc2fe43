"""The reference executor on tensor form: broadcasts, transposes, reductions, scalar functions."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.configs.errors import UserError
from npu.passes.universe import UNIVERSE
from npu.runtime.reference import run_module, structured
from npu.runtime.reference.scalars import compare_floats

Array = np.ndarray[Any, np.dtype[Any]]


def parse(text: str) -> ModuleOp:
    context = Context(allow_unregistered=True)
    dialects = {**Universe.get_multiverse().all_dialects, **UNIVERSE.all_dialects}
    for name, factory in dialects.items():
        context.register_dialect(name, factory)
    module = Parser(context, text).parse_module()
    module.verify()
    return module


def run(text: str, *inputs: Array) -> list[Array]:
    return run_module(parse(text), list(inputs))


def random(*shape: int) -> Array:
    return np.random.default_rng(7).standard_normal(shape, np.float32)


def unary(name: str) -> str:
    return f"""
    func.func @main(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {{
      %e = tensor.empty() : tensor<4x5xf32>
      %r = linalg.generic {{
        indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]}}
        ins(%x : tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) {{
      ^bb0(%a: f32, %o: f32):
        %v = math.{name} %a : f32
        linalg.yield %v : f32
      }} -> tensor<4x5xf32>
      func.return %r : tensor<4x5xf32>
    }}"""


def rsqrt(x: float) -> float:
    return 1 / math.sqrt(x)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("exp", math.exp),
        ("tanh", math.tanh),
        ("erf", math.erf),
        ("sqrt", math.sqrt),
        ("rsqrt", rsqrt),
        ("absf", abs),
    ],
)
def test_functions_are_rounded_once_from_double(name: str, function: Callable[[float], float]):
    x = np.abs(random(4, 5)) + np.float32(0.1)
    (y,) = run(unary(name), x)
    expected = np.vectorize(function)(x.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(y, expected)


MATMUL = """
func.func @main(%a: tensor<7x13xf32>, %b: tensor<5x13xf32>, %bias: tensor<5xf32>)
    -> tensor<7x5xf32> {{
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<7x5xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<7x5xf32>) -> tensor<7x5xf32>
  %r = linalg.generic {{indexing_maps = [
      affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
      affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%a, %b, %bias : tensor<7x13xf32>, tensor<5x13xf32>, tensor<5xf32>)
      outs(%f : tensor<7x5xf32>) {{
  ^bb0(%x: f32, %y: f32, %c: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %q = arith.addf %p, %c : f32
    {combine}
    linalg.yield %s : f32
  }} -> tensor<7x5xf32>
  func.return %r : tensor<7x5xf32>
}}"""


@pytest.mark.parametrize("slab", [1, 7, 100, 1 << 22])
@pytest.mark.parametrize(
    "combine",
    ["%s = arith.addf %o, %q : f32", "%h = arith.addf %o, %p : f32\n%s = arith.addf %h, %c : f32"],
    ids=["combiner", "point by point"],
)
def test_contraction_with_transposed_operand_and_broadcast(
    monkeypatch: pytest.MonkeyPatch, slab: int, combine: str
):
    monkeypatch.setattr(structured, "SLAB_POINTS", slab)
    a, b, bias = random(7, 13), random(5, 13), random(5)
    (c,) = run(MATMUL.format(combine=combine), a, b, bias)
    np.testing.assert_allclose(c, a @ b.T + 13 * bias, rtol=1e-5, atol=1e-5)


def test_reduction_takes_the_initial_value_from_outs():
    text = """
    func.func @main(%x: tensor<3x4xf32>, %init: tensor<3xf32>) -> tensor<3xf32> {
      %r = linalg.generic {
        indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
        iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<3x4xf32>) outs(%init : tensor<3xf32>) {
      ^bb0(%a: f32, %o: f32):
        %v = arith.maximumf %a, %o : f32
        linalg.yield %v : f32
      } -> tensor<3xf32>
      func.return %r : tensor<3xf32>
    }"""
    x, init = random(3, 4), np.array([-9, 0.1, 9], np.float32)
    (y,) = run(text, x, init)
    np.testing.assert_array_equal(y, np.maximum(x.max(axis=1), init))


def test_reshapes_select_and_group():
    text = """
    func.func @main(%x: tensor<6x4xf32>) -> tensor<2x12xf32> {
      %r = npu.group @relu_0 ins(%x : tensor<6x4xf32>) {
      ^bb0(%t: tensor<6x4xf32>):
        %z = arith.constant dense<0.0> : tensor<6x4xf32>
        %e = tensor.empty() : tensor<6x4xf32>
        %g = linalg.generic {indexing_maps = [
          affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
          affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
          ins(%t, %z : tensor<6x4xf32>, tensor<6x4xf32>) outs(%e : tensor<6x4xf32>) {
        ^bb1(%a: f32, %b: f32, %o: f32):
          %p = arith.cmpf ugt, %a, %b : f32
          %s = arith.select %p, %a, %b : f32
          linalg.yield %s : f32
        } -> tensor<6x4xf32>
        npu.yield %g : tensor<6x4xf32>
      } ops ["aten.relu"] : tensor<6x4xf32>
      %c = tensor.collapse_shape %r [[0, 1]] : tensor<6x4xf32> into tensor<24xf32>
      %y = tensor.expand_shape %c [[0, 1]] output_shape [2, 12]
        : tensor<24xf32> into tensor<2x12xf32>
      func.return %y : tensor<2x12xf32>
    }"""
    x = random(6, 4)
    (y,) = run(text, x)
    np.testing.assert_array_equal(y, np.maximum(x, 0).reshape(2, 12))


def test_memory_never_written_is_nan():
    text = """
    func.func @main() -> tensor<2xf32> {
      %e = tensor.empty() : tensor<2xf32>
      func.return %e : tensor<2xf32>
    }"""
    assert np.isnan(run(text)[0]).all()


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("func.func @other() { func.return }", [], "no func.func @main"),
        ("func.func @main(%x: tensor<2xf32>) { func.return }", [], "@main takes 1 inputs, got 0"),
        (
            "func.func @main(%x: tensor<2xf32>) { func.return }",
            [np.zeros(3, np.float32)],
            "input 0 of @main is float32 of shape (3,); expected tensor<2xf32>",
        ),
        ('func.func @main() { "foo.bar"() : () -> () func.return }', [], "'foo.bar'"),
        (
            unary("exp").replace("(i, j)>, a", "(i, j mod 4)>, a"),
            [random(4, 5)],
            "multiples of loops",
        ),
        (unary("cbrt"), [random(4, 5)], "'math.cbrt'"),
    ],
)
def test_mistakes_are_user_errors(text: str, inputs: list[Array], expected: str):
    with pytest.raises(UserError) as error:
        run(text, *inputs)
    assert expected in str(error.value)


@pytest.mark.parametrize("predicate", range(16))
def test_every_float_comparison(predicate: int):

    values = [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (math.nan, 1.0)]
    holds = {"<": 0b1000, ">": 0b0100, "=": 0b0010, "?": 0b0001}
    masks = [
        "", "=", ">", ">=", "<", "<=", "<>", "<>=",
        "=?", ">?", ">=?", "<?", "<=?", "<>?", "?", "<>=?",
    ]  # fmt: skip
    wanted = sum(holds[c] for c in masks[predicate])
    got = [bool(compare_floats(predicate, np.float32(a), np.float32(b))) for a, b in values]
    assert got == [bool(wanted & bit) for bit in (8, 4, 2, 1)]
