"""Constants and reshapes of xDSL 0.74 as MLIR has them.

xDSL reads the bit pattern in ``dense<0xFF800000>`` as a whole number, although it prints
infinities, NaN and long whole numbers so; it takes a constant of 0.0 and -0.0 for one value
everywhere and one of NaN for different ones; it fails where a number is beyond its type, and takes
half a minute for a list of a million numbers. It refuses to expand a tensor of rank 0. What is
mended replaces methods of xDSL's own classes, because its parser and printer are made in many
places. Importing any module of ``npu.dialects`` does it. `tests/dialects/test_constants.py` holds
every form of constant.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    Float16Type,
    Float32Type,
    FloatAttr,
)
from xdsl.dialects.tensor import ExpandShapeOp
from xdsl.parser import AttrParser
from xdsl.utils.exceptions import VerifyException

from npu.dialects import read_constants

Method = Callable[..., Any]

LIST_LIMIT = 100
"""Elements up to which a constant is printed as a list, as in MLIR."""


def mend() -> None:
    """Replaces the methods; a second call changes nothing."""
    parser: Any = AttrParser
    if parser.parse_dense_int_or_fp_elements_attr.__module__ == __name__:
        return
    element = parser._TensorLiteralElement
    for owner, name, wrap in (
        (element, "to_type", read_constants.element_value),
        (parser, "parse_dense_int_or_fp_elements_attr", read_constants.dense_attr),
        (parser, "_parse_dense_literal_type", read_constants.limited_type),
        (
            parser,
            "parse_optional_builtin_int_or_float_attr",
            read_constants.scalar_attr,
        ),
        (parser, "_parse_builtin_densearray_attr", read_constants.array_attr),
        (Float16Type, "pack", _pack),
        (Float32Type, "pack", _pack),
        (ExpandShapeOp, "verify_", _verify_expansion),
    ):
        setattr(owner, name, wrap(getattr(owner, name)))
    dense: Any = DenseIntOrFPElementsAttr
    dense.is_splat = _is_splat
    dense.print_without_type = _print_dense
    cast(Any, FloatAttr).parse_with_type = staticmethod(read_constants.float_attr)


def _verify_expansion(stock: Method) -> Method:
    """The one element of a tensor of rank 0 gets dimensions of extent 1 by an empty list."""

    def verify(op: Any) -> None:
        if op.src.type.get_shape():
            stock(op)
        elif list(op.reassociation) or set(op.result.type.get_shape()) - {1}:
            raise VerifyException(
                "expected a tensor of rank 0 to be expanded by [] to extents of 1, got "
                f"{op.reassociation} and {op.result.type}"
            )

    return verify


def _pack(stock: Method) -> Method:
    """Bytes of floats; what rounds to more than the largest one is infinite."""

    def pack(type_: Any, values: Sequence[float]) -> bytes:
        try:
            return stock(type_, values)
        except OverflowError:
            return b"".join(_pack_one(type_.format, float(value)) for value in values)

    return pack


def _pack_one(form: str, value: float) -> bytes:
    try:
        return struct.pack(form, value)
    except OverflowError:
        return struct.pack(form, math.copysign(math.inf, value))


def _is_splat(self: Any) -> bool:
    """Whether all elements have the same bits, and there is one."""
    data: bytes = self.data.data
    size = self.get_element_type().compile_time_size
    return bool(data) and data == data[:size] * (len(data) // size)


def _print_dense(self: Any, printer: Any) -> None:
    """``dense<...>``: one element for all, a list, or bytes."""
    type_, data, count = self.get_element_type(), self.data.data, len(self)
    printer.print_string("dense")
    with printer.in_angle_brackets():
        if count == 0:
            return
        if self.is_splat():
            (value,) = type_.unpack(data[: type_.compile_time_size], 1)
            self._print_one_elem(value, printer)
        elif count > LIST_LIMIT:
            printer.print_string(f'"0x{data.hex().upper()}"')
        else:
            shape = self.get_shape() if self.shape_is_complete else (count,)
            self._print_dense_list(self.get_values(), shape, printer)
