"""The reference executor on kernels: scratchpads, views, transfers, arrays, cores."""

from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.configs.errors import UserError
from npu.passes.universe import UNIVERSE
from npu.runtime.reference import run_module

Array = np.ndarray[Any, np.dtype[Any]]

PAD = 'memref<4x4xf32, strided<[4, 1]>, "spad">'
WHOLE = f'[0, 0, 0] [1, 4, 4] [1, 1, 1] : memref<1x4x4xf32, "spad"> to {PAD}'


def run(body: str, inputs: list[Array], cores: int = 1) -> Array:
    """Runs this body in a kernel with arguments %x, %y, %z, and views %v, %w of two buffers."""
    text = f"""
    npu.kernel @k(%x: memref<4x4xf32>, %y: memref<4x4xf32>, %z: memref<4x4xf32>) {{
      %b = npu.alloc : memref<1x4x4xf32, "spad">
      %c = npu.alloc : memref<1x4x4xf32, "spad">
      %v = memref.subview %b{WHOLE}
      %w = memref.subview %c{WHOLE}
      {body}
      npu.return
    }}
    func.func @main(%x: memref<4x4xf32>, %y: memref<4x4xf32>) -> memref<4x4xf32> {{
      %z = memref.alloc() : memref<4x4xf32>
      npu.launch @k(%x, %y, %z) : (memref<4x4xf32>, memref<4x4xf32>, memref<4x4xf32>)
      func.return %z : memref<4x4xf32>
    }}"""
    context = Context()
    dialects = {**Universe.get_multiverse().all_dialects, **UNIVERSE.all_dialects}
    for name, factory in dialects.items():
        context.register_dialect(name, factory)
    module = Parser(context, text).parse_module()
    module.verify()
    (result,) = run_module(module, inputs, cores=cores)
    return result


@pytest.fixture
def inputs() -> list[Array]:
    random = np.random.default_rng(3)
    return [random.standard_normal((4, 4), np.float32) for _ in range(2)]


def load(source: str, target: str, attribute: str = "") -> str:
    box = f"{source}[0, 0] sizes [4, 4]"
    return f"npu.dma_load {box} to {target} {attribute} : memref<4x4xf32> to {PAD}"


STORE = f"%s = npu.dma_store %v to %z[0, 0] sizes [4, 4] : {PAD} to memref<4x4xf32>"


def test_transposing_load(inputs: list[Array]):
    attribute = "{permutation = array<i64: 1, 0>}"
    z = run(f"%t = {load('%x', '%v', attribute)}\nnpu.wait %t\n{STORE}", inputs)
    np.testing.assert_array_equal(z, inputs[0].T)


def test_storing_what_was_never_loaded_gives_nan(inputs: list[Array]):
    assert np.isnan(run(STORE, inputs)).all()


def test_matmul_sums_in_order_and_then_accumulates(inputs: list[Array]):
    body = f"""
    %t = {load("%x", "%v")}
    %u = {load("%y", "%w")}
    %h = npu.preload %w : {PAD}
    %c0 = arith.constant 0 : index
    %yes = arith.cmpi eq, %c0, %c0 : index
    npu.matmul %v, %h into %w accumulate(%yes) : {PAD}, {PAD}
    %s = npu.dma_store %w to %z[0, 0] sizes [4, 4] : {PAD} to memref<4x4xf32>"""
    x, y = inputs
    product = np.zeros((4, 4), np.float32)
    for k in range(4):
        product += x[:, k : k + 1] * y[k : k + 1, :]
    np.testing.assert_array_equal(run(body, inputs), y + product)


def test_each_core_does_every_other_item_with_its_own_scratchpad(inputs: list[Array]):
    """Core 0 loads before its first item only: what it left there is not seen by core 1."""
    body = f"""
    npu.parallel (%i) = (0) to (4) step (1) {{
      %row = memref.subview %v[%i, 0] [1, 4] [1, 1] : {PAD}
        to memref<1x4xf32, strided<[4, 1], offset: ?>, "spad">
      %t = npu.dma_load %x[%i, 0] sizes [1, 4] to %row : memref<4x4xf32>
        to memref<1x4xf32, strided<[4, 1], offset: ?>, "spad">
      {STORE}
    }}"""
    assert not np.isnan(run(body, inputs, cores=1)).any()
    last = run(body, inputs, cores=2)
    np.testing.assert_array_equal(np.isnan(last).all(axis=1), [True, False, True, False])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            """%p = memref.subview %x[2, 0] [3, 4] [1, 1] : memref<4x4xf32>
              to memref<3x4xf32, strided<[4, 1], offset: 8>>""",
            "dimension 0 covers 2 to 5; expected a range within 0 to 4",
        ),
        (
            """%c0 = arith.constant 0 : index
            %c4 = arith.constant 4 : index
            %a = arith.constant 1.0 : f32
            %r = scf.for %i = %c0 to %c4 step %c4 iter_args(%q = %a) -> (f32) {
              scf.yield %q : f32
            }""",
            "loop-carried values",
        ),
        (
            f"%i = arith.constant 1 : index\n%t = {load('%x', '%v').replace('[0', '[%i', 1)}",
            "dimension 0 of the tensor covers 1 to 4; expected a range within 0 to 3, a fill",
        ),
        (
            f"%i = arith.constant -1 : index\n{STORE.replace('0]', '%i]', 1)}",
            "dimension 1 of the tensor covers -1 to 2; expected a range within 0 to 3, bounds",
        ),
        (
            f"%n = arith.constant 3 : index\n%t = {load('%x', '%v').replace('[4,', '[%n,', 1)}",
            "a view of (4, 4) for a box of (3, 4); expected equal sizes",
        ),
        (
            "%c0 = arith.constant 0 : index\nscf.for %i = %c0 to %c0 step %c0 { }",
            "a step of 0; expected a positive step",
        ),
    ],
)
def test_mistakes_name_the_operation(inputs: list[Array], body: str, expected: str):
    with pytest.raises(UserError) as error:
        run(body, inputs)
    assert expected in str(error.value)
