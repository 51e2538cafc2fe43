"""Integers and conditions with errors: what wraps, what rounds, what rounding decides."""

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.runtime.reference.frame import Frame
from npu.runtime.rounding.pairs import UNIT, exact, pairs
from npu.runtime.rounding.reduction import apart
from npu.runtime.rounding.scalars import HANDLERS


def evaluate(text, *operands):
    """(values, errors) of the last operation of a block on %a, %b."""
    names = "ab"[: len(operands)]
    kind = text.split(" : ")[1].split()[0] if operands else ""
    context = Context()
    for name, factory in Universe.get_multiverse().all_dialects.items():
        context.register_dialect(name, factory)
    arguments = ", ".join(f"%{name}: {kind}" for name in names)
    source = f"func.func @f({arguments}) {{\n%r = {text}\nfunc.return\n}}"
    function = next(iter(Parser(context, source).parse_module().ops))
    frame = Frame(ModuleOp([]), HANDLERS, cores=1)
    assert isinstance(function, FuncOp)
    frame.values.update(zip(function.body.block.args, operands, strict=True))
    op = function.body.block.first_op
    assert op is not None
    with np.errstate(all="ignore"):
        frame.step(op)
    found = frame.array(op.results[0])
    return found["value"].tolist(), found["error"].tolist()


def numbers(*values, error=0.0):
    return pairs(np.array(values, np.float64), np.full(len(values), error))


TOP = 2**31 - 1


@pytest.mark.parametrize(
    ("text", "a", "b", "values", "errors"),
    [
        ("arith.addi %a, %b : i32", numbers(TOP, 5), numbers(1, -7), [-(2.0**31), -2], [0, 0]),
        ("arith.addi %a, %b : i32", numbers(5, error=1), numbers(5), [10], [1]),
        ("arith.addi %a, %b : i32", numbers(TOP, error=1), numbers(0), [TOP], [np.inf]),
        ("arith.muli %a, %b : i32", numbers(65536, TOP), numbers(65537, TOP), [65536, 1], [0, 0]),
        ("arith.muli %a, %b : i32", numbers(-7, error=1), numbers(3), [-21], [3]),
        ("arith.addi %a, %b : i1", numbers(1), numbers(1), [0], [0]),
        ("arith.divsi %a, %b : i32", numbers(-7, 7), numbers(2, 0), [-3, 0], [0, np.inf]),
        ("arith.remsi %a, %b : i32", numbers(-7), numbers(4), [-3], [0]),
        ("arith.andi %a, %b : i32", numbers(-1), numbers(6, error=1), [6], [np.inf]),
        ("arith.cmpi slt, %a, %b : i32", numbers(1, 3), numbers(2, error=1), [1, 0], [1, 1]),
        ("arith.cmpi ult, %a, %b : i32", numbers(-1), numbers(2), [0], [0]),
        ("arith.cmpi slt, %a, %b : i1", numbers(1), numbers(0), [1], [0]),
        ("arith.maxsi %a, %b : i32", numbers(-3), numbers(2), [2], [0]),
    ],
)
def test_two_operands(text, a, b, values, errors):
    assert evaluate(text, a, b) == (values, errors)


@pytest.mark.parametrize(
    ("text", "a", "values", "errors"),
    [
        ("arith.sitofp %a : i32 to f32", numbers(2**24, -3), [2.0**24, -3], [0, 0]),
        ("arith.sitofp %a : i1 to f32", numbers(1), [-1], [0]),
        ("arith.uitofp %a : i1 to f32", numbers(1), [1], [0]),
        ("arith.fptosi %a : f32 to i32", numbers(2.5, -2.5), [2, -2], [0, 0]),
        ("arith.fptosi %a : f32 to i32", numbers(2.9999, error=0.001), [2], [1]),
        ("arith.fptosi %a : f32 to i32", numbers(3e9, np.nan), [TOP, 0], [np.inf, np.inf]),
        ("arith.extsi %a : i1 to i32", numbers(1, 0), [-1, 0], [0, 0]),
        ("arith.trunci %a : i32 to i1", numbers(-3, 4), [1, 0], [0, 0]),
        ("math.absi %a : i32", numbers(-3, -(2.0**31)), [3, -(2.0**31)], [0, 0]),
    ],
)
def test_one_operand(text, a, values, errors):
    assert evaluate(text, a) == (values, errors)


def test_large_integers_round_as_floats():
    values, (error,) = evaluate("arith.sitofp %a : i32 to f32", numbers(2**24 + 1))
    assert values == [2.0**24 + 1]
    assert 1 <= error <= 2 * UNIT * 2.0**24


def test_constants_are_exact():
    """Beyond 24 bits, which a float32 would round away; a condition is 1 or 0."""
    assert evaluate("arith.constant 16777217 : i32") == (16777217, 0)
    assert evaluate("arith.constant true") == (1, 0)


def test_equal_infinities_are_not_apart():
    infinite = np.array([np.inf, -np.inf, 1.0])
    assert apart(infinite, infinite).tolist() == [0, 0, 0]
    assert exact(infinite)["error"].tolist() == [0, 0, 0]
