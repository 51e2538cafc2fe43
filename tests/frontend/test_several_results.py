"""Files whose operations have several results, or ask for the index of a loop."""

import numpy as np
import pytest

from npu.configs.errors import UserError
from npu.frontend.stage0.normalise import normalise_file
from npu.runtime.compiler import compile_text
from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_outputs

ROWS = "affine_map<(d0, d1) -> (d0, d1)>"
RESULT = "affine_map<(d0, d1) -> (d0)>"


def program(body, x="f32", start="0xFF800000"):
    """An operation on %x : 3x5 with results of 3 numbers and of 3 integers."""
    return f"""func.func @main(%x: tensor<3x5x{x}>) -> (tensor<3x{x}>, tensor<3xi64>) {{
  %zero = arith.constant 0 : i64
  %lowest = arith.constant {start} : {x}
  %two = arith.constant 2 : index
  %0 = tensor.empty() : tensor<3x{x}>
  %1 = linalg.fill ins(%lowest : {x}) outs(%0 : tensor<3x{x}>) -> tensor<3x{x}>
  %2 = tensor.empty() : tensor<3xi64>
  %3 = linalg.fill ins(%zero : i64) outs(%2 : tensor<3xi64>) -> tensor<3xi64>
  %4:2 = linalg.generic {{indexing_maps = [{ROWS}, {RESULT}, {RESULT}],
      iterator_types = ["parallel", "reduction"]}} ins(%x : tensor<3x5x{x}>)
      outs(%1, %3 : tensor<3x{x}>, tensor<3xi64>) {{
  ^bb0(%in: {x}, %best: {x}, %place: i64):
    %i = linalg.index 1 : index
    %n = arith.index_cast %i : index to i64
    {body}
  }} -> (tensor<3x{x}>, tensor<3xi64>)
  return %4#0, %4#1 : tensor<3x{x}>, tensor<3xi64>
}}
"""


def position(extremum, comparison, sides="%in, %best", x="f32"):
    return f"""%m = arith.{extremum} %in, %best : {x}
    %c = arith.{comparison}, {sides} : {x}
    %p = arith.select %c, %n, %place : i64
    linalg.yield %m, %p : {x}, i64"""


SUM_OF_PLACES = """%m = arith.maximumf %in, %best : f32
    %double = arith.muli %i, %two : index
    %d = arith.index_cast %double : index to i64
    %p = arith.addi %place, %d : i64
    linalg.yield %m, %p : f32, i64"""

NUMBERS = np.array([[1, 5, 2, 5, 0], [-1, -1, -1, -1, -1], [0, -3, 4, 4, -3]], np.int32)
LAST_MOST, LAST_LEAST = [3, 4, 3], [4, 4, 4]


@pytest.fixture
def run(tmp_path):
    """The outputs of a program on Spike and those of the reference executor."""

    def outputs(text, values):
        path = tmp_path / "program.mlir"
        path.write_text(text)
        stage0 = normalise_file(path)
        compiled = compile_text(stage0.text, "8x8")
        given = [values, *stage0.constants]
        on_spike = spike_outputs(compiled, given, StageClock())
        return on_spike, run_module(compiled.module, given, cores=1)

    return outputs


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            program(position("maximumf", "cmpf ogt")),
            (NUMBERS.max(1), NUMBERS.argmax(1)),
        ),
        (
            program(position("maximumf", "cmpf oge")),
            (NUMBERS.max(1), LAST_MOST),
        ),
        (
            program(position("minsi", "cmpi sge", "%best, %in", "i32"), "i32", "2147483647"),
            (NUMBERS.min(1), LAST_LEAST),
        ),
        (
            program(position("maxsi", "cmpi sgt", x="i32"), "i32", "3"),
            (np.maximum(NUMBERS.max(1), 3), [1, 0, 2]),
        ),
        (program(SUM_OF_PLACES), (NUMBERS.max(1), [20, 20, 20])),
    ],
    ids=["first", "last", "least, turned", "above a start", "a sum of indices"],
)
def test_values(run, text, wanted):
    kind = np.int32 if "3x5xi32" in text else np.float32
    for outputs in run(text, NUMBERS.astype(kind)):
        for got, right in zip(outputs, wanted, strict=True):
            assert got.tolist() == list(right)


@pytest.mark.parametrize(
    "body",
    [
        position("maximumf", "cmpf olt"),
        position("addf", "cmpf ogt"),
    ],
    ids=["of the least", "of a sum"],
)
def test_other_results_that_read_one_another(tmp_path, body):
    path = tmp_path / "program.mlir"
    path.write_text(program(body))
    with pytest.raises(UserError, match=r"program.mlir:9.*an extremum and its position only"):
        normalise_file(path)


def test_a_value_taken_out_of_a_tensor(tmp_path):
    """Lookups become operands read by a map, of which those that no transfer does are named."""
    body = """%v = tensor.extract %x[%i, %i] : tensor<3x5xf32>
    %m = arith.addf %v, %best : f32
    linalg.yield %m, %place : f32, i64"""
    path = tmp_path / "program.mlir"
    path.write_text(program(body))
    with pytest.raises(UserError, match=r"-> \(d1, d1\): expected loops, each once"):
        normalise_file(path)
