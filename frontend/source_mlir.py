"""A linalg-on-tensors file, run on random values that are the same every time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from npu.frontend.imported import Argument, Array, Imported, constant_arguments
from npu.frontend.stage0.normalise import main_function, normalise_file
from npu.frontend.upstream import client
from npu.frontend.workloads.random_values import random_of_type
from npu.runtime.expected import Expected
from npu.runtime.reference.halves import numbers, packed
from npu.runtime.reference.types import element_type, memory_type

NO_DOUBLES = "a linalg file says float32"
"""Why an MLIR file has no outputs in float64: upstream computes what the file says."""


def open_mlir(path: Path) -> tuple[Imported, Callable[[], Expected]]:
    """Normalise the file; the reference runs its original text on the host through upstream's JIT.

    Raises:
        UserError: the file does not parse or holds something that is not supported.
    """
    stage0 = normalise_file(path)
    narrow = main_function(stage0.module).function_type.inputs
    given = stage0.given
    arguments = tuple(
        Argument(f"arg{i}", partial(_values, i, t), is_input=True)
        for i, t in enumerate(narrow.data[: len(given.inputs)])
    )
    shapes = [_shape(type_) for type_ in given.outputs]
    types = [element_type(type_) for type_ in given.outputs]
    constants = constant_arguments(stage0.constants)
    types_of_outputs = tuple(map(str, types))
    program = Imported(stage0.module, (*arguments, *constants), types_of_outputs)

    def reference() -> Expected:
        text = path.read_text("utf-8")
        values = [
            packed(value, memory_type(type_))
            for value, type_ in zip(program.values, given.inputs, strict=False)
        ]
        memory = [memory_type(type_) for type_ in given.outputs]
        singles = client.execute(text, values, shapes, str(path), memory)
        return Expected("upstream MLIR", list(map(numbers, singles)), None, NO_DOUBLES)

    return program, reference


def _values(seed: int, type_: Attribute) -> Array:
    """Random values that a tensor of a type can hold."""
    values = random_of_type(seed, _shape(type_), element_type(type_))
    return numbers(packed(values, memory_type(type_)))


def _shape(type_: Attribute) -> tuple[int, ...]:
    assert isinstance(type_, TensorType)
    return type_.get_shape()
