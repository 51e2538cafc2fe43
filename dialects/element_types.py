"""What the elements of tensors and buffers may be, and the bytes that they take in memory."""

from __future__ import annotations

from typing import Any, TypeGuard, cast

from xdsl.dialects.builtin import (
    FixedBitwidthType,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    ShapedType,
    TensorType,
    bf16,
    f16,
    f32,
    i1,
    i32,
)
from xdsl.ir import Attribute

HALVES: tuple[Attribute, ...] = (bf16, f16)
"""Floats of two bytes in memory. Registers hold them as the f32 that they are: only the arrays
multiply them as such."""

TAKEN: tuple[Attribute, ...] = (f32, i32, i1, *HALVES)
"""The element types that kernels take."""

NAMED = {str(type_): type_ for type_ in TAKEN}
"""The element types by their text."""

TAKEN_TEXT = "f32, i32, i1, bf16 or f16"
"""`TAKEN` in words, for messages."""

MULTIPLIED: tuple[Attribute, ...] = (f32, *HALVES)
"""The element types of rows and weights that arrays may take; all are added up in f32."""


def is_tensor(type_: Attribute) -> TypeGuard[TensorType[Attribute]]:
    """Whether it is the type of a tensor; `isa` would look at the elements' constraints anew."""
    return isinstance(type_, TensorType)


def element_type(type_: Attribute) -> Attribute:
    """The element type of a tensor or memref type."""
    assert isinstance(type_, ShapedType), type_
    return cast(Any, type_).element_type


def bytes_of(element: Attribute) -> int:
    """Bytes of one element in memory: a condition (i1) takes a byte.

    Raises TypeError for an element type without a fixed width.
    """
    if not isinstance(element, FixedBitwidthType):
        raise TypeError(f"{element} has no fixed width, so that it has no size in bytes")
    return element.size


def number_attribute(value: float, element: Attribute) -> FloatAttr[Any] | IntegerAttr[Any]:
    """`value` as an attribute of an element type."""
    if isinstance(element, IntegerType | IndexType):
        return IntegerAttr(int(value), cast(Any, element))
    return FloatAttr(float(value), cast(Any, element))
