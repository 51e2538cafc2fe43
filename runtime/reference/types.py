"""From IR types and constants to numpy, and memory that was never written."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    Float32Type,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    MemRefType,
    TensorType,
)
from xdsl.ir import Attribute

from npu.configs.errors import UserError
from npu.dialects.element_types import HALVES
from npu.runtime.reference.frame import Array
from npu.runtime.reference.halves import IN_MEMORY, NAN

_INTEGERS = {1: np.bool_, 8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}


def numpy_type(type_: Attribute) -> np.dtype[Any]:
    """The numpy type that computes with an element type, of bf16 and f16 that of f32.

    Raises UserError for one that numpy cannot compute with.
    """
    if isinstance(type_, Float32Type) or type_ in HALVES:
        return np.dtype(np.float32)
    if isinstance(type_, Float64Type):
        return np.dtype(np.float64)
    if isinstance(type_, IndexType):
        return np.dtype(np.int64)
    if isinstance(type_, IntegerType) and type_.bitwidth in _INTEGERS:
        return np.dtype(_INTEGERS[type_.bitwidth])
    raise UserError(
        f"the reference executor does not compute with elements of type {type_}; expected f32, "
        "bf16, f16, f64, index or an integer of 1, 8, 16, 32 or 64 bits"
    )


def shape_of(type_: Attribute) -> tuple[int, ...]:
    """The shape of a tensor or memref type, -1 where it is dynamic."""
    return cast("MemRefType[Attribute] | TensorType[Attribute]", type_).get_shape()


def element_type(type_: Attribute) -> np.dtype[Any]:
    """The numpy type that computes with a tensor's or a memref's elements."""
    return numpy_type(cast("MemRefType[Attribute] | TensorType[Attribute]", type_).element_type)


def memory_type(type_: Attribute) -> np.dtype[Any]:
    """The numpy type of a tensor's or a memref's elements as they lie in memory."""
    element = cast("MemRefType[Attribute] | TensorType[Attribute]", type_).element_type
    return IN_MEMORY.get(element) or numpy_type(element)


def never_written(type_: Attribute) -> Array:
    """Fresh memory of a tensor or memref type."""
    dtype = memory_type(type_)
    return np.full(shape_of(type_), unwritten(dtype), dtype)


def unwritten(dtype: np.dtype[Any]) -> Any:
    """What memory holds that nobody wrote, so that reads show: NaN, the lowest integer, true."""
    if dtype.kind == "f":
        return dtype.type(np.nan)
    if dtype.kind == "u":
        return dtype.type(NAN)
    return np.iinfo(dtype).min if dtype.kind == "i" else np.True_


def constant(attribute: Attribute, type_: Attribute) -> Any:
    """The value of an `arith.constant`: a numpy scalar or a tensor."""
    if isinstance(attribute, DenseIntOrFPElementsAttr):
        values = np.array(attribute.get_values(), element_type(type_))
        shape = shape_of(type_)
        return np.full(shape, values[0]) if values.size == 1 else values.reshape(shape)
    if isinstance(attribute, FloatAttr):
        return numpy_type(type_).type(attribute.value.data)
    if isinstance(attribute, IntegerAttr):
        number = attribute.value.data
        return number if isinstance(type_, IndexType) else numpy_type(type_).type(number)
    raise UserError(
        f"arith.constant {attribute}: the reference executor knows no such constant; expected a "
        "number or dense elements"
    )
