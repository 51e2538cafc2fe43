"""Vector code on indices, in an `npu.compute`: elements of a table by index, ends of indices."""

from __future__ import annotations

from typing import Any, cast

from typing_extensions import override
from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType, UnitAttr, f32, i32
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
)
from xdsl.utils.exceptions import VerifyException


def _lines(op: IRDLOperation) -> list[MemRefType[Any]]:
    """The types of the operands. Raises VerifyException (C4) where one is no line."""
    types = [cast("MemRefType[Any]", value.type) for value in op.operands]
    if not all(t.get_num_dims() == 1 and list(t.get_strides() or ()) == [1] for t in types):
        raise VerifyException(
            f"C4: {op.name} takes views of one dimension, one element behind the other; got "
            f"{', '.join(map(str, types))}"
        )
    return types


@irdl_op_definition
class LookupOp(IRDLOperation):
    """Takes an element of a table for each index; stands in an `npu.compute`.

    ```mlir
    npu.lookup %table[%ids] to %out {from_end}
        : memref<300xf32, "spad">, memref<17xi32, "spad"> to memref<17xf32, "spad">
    ```

    An index outside of the table takes its first or last element: it is for a transfer by the ends
    of the indices (`npu.ends`) to trap.

    Rules:
    - C4: all are views of one dimension, one element behind the other.
    - C5: a table of static extent of f32 or i32, as many indices of i32 as elements of the result,
      which are of the table's type.
    """

    name = "npu.lookup"

    table = operand_def(MemRefType)
    """What is read."""

    indices = operand_def(MemRefType)
    """The index of each element."""

    out = operand_def(MemRefType)
    """The elements."""

    from_end = opt_prop_def(UnitAttr)
    """Indices below 0 count from the end of the table."""

    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$table `[` $indices `]` `to` $out attr-dict `:` type($table) `,` type($indices) `to` "
        "type($out)"
    )

    def __init__(
        self, table: SSAValue, indices: SSAValue, out: SSAValue, *, from_end: bool = False
    ) -> None:
        super().__init__(
            operands=[table, indices, out],
            properties={"from_end": UnitAttr() if from_end else None},
        )

    @property
    def extent(self) -> int:
        """Elements of the table."""
        return cast("MemRefType[Any]", self.table.type).get_shape()[0]

    @override
    def verify_(self) -> None:
        table, indices, out = _lines(self)
        are_right = table.element_type in (f32, i32) and indices.element_type == i32
        is_static = DYNAMIC_INDEX not in table.get_shape()
        fits = indices.get_shape() == out.get_shape() and table.element_type == out.element_type
        if not (are_right and is_static and fits):
            raise VerifyException(
                "C5: npu.lookup takes elements of a table of static extent of f32 or i32, as many "
                f"as there are indices of i32; got {table}, {indices} and {out}"
            )


@irdl_op_definition
class EndsOp(IRDLOperation):
    """The least and the largest of some indices; stands in an `npu.compute`.

    ```mlir
    npu.ends %ids to %ends : memref<17xi32, "spad"> to memref<2xi32, "spad">
    ```

    Rules: C4 of `npu.lookup`, and
    - C6: indices of i32, and two ends.
    """

    name = "npu.ends"

    indices = operand_def(MemRefType)
    """What is read."""

    ends = operand_def(MemRefType)
    """The least index, and the largest."""

    assembly_format = "$indices `to` $ends attr-dict `:` type($indices) `to` type($ends)"

    def __init__(self, indices: SSAValue, ends: SSAValue) -> None:
        super().__init__(operands=[indices, ends])

    @override
    def verify_(self) -> None:
        indices, ends = _lines(self)
        if (indices.element_type, ends.element_type) != (i32, i32) or ends.get_shape() != (2,):
            raise VerifyException(
                f"C6: npu.ends takes indices of i32 and leaves two; got {indices} and {ends}"
            )
