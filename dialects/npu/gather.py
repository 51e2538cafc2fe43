"""Tensor operations whose indices are data; each becomes a kernel that moves by DMA alone."""

from collections.abc import Sequence
from typing import Any, cast

from typing_extensions import override
from xdsl.dialects.builtin import I64, IntegerAttr, StringAttr, TensorType, UnitAttr, i32, i64
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dma_descriptor import COMBINES, MAX_DIMS, combine_code


def _shape(value: SSAValue) -> tuple[int, ...]:
    return cast("TensorType[Any]", value.type).get_shape()


def _element(value: SSAValue) -> object:
    return cast("TensorType[Any]", value.type).element_type


def _verify(name: str, table: SSAValue, indices: SSAValue, rows: SSAValue, dim: int) -> None:
    """Rules I1 and I2."""
    if _element(indices) != i32 or len(_shape(indices)) != 1:
        raise VerifyException(
            f"I1: the indices of {name} are a tensor of one dimension of i32; got {indices.type}"
        )
    shape = list(_shape(table))
    is_dim = 0 <= dim < len(shape) <= MAX_DIMS
    wanted = [*shape[:dim], *_shape(indices), *shape[dim + 1 :]]
    if not is_dim or list(_shape(rows)) != wanted or _element(rows) != _element(table):
        raise VerifyException(
            f"I2: {name} moves between {table.type}, of 1 to {MAX_DIMS} dimensions, and a tensor "
            f"that has as many elements as there are indices in dimension {dim}; got {rows.type}"
        )


@irdl_op_definition
class GatherOp(IRDLOperation):
    """Takes elements of one dimension of a tensor, those that indices say.

    ```mlir
    %r = npu.gather %table[%ids] in 0 {from_end}
        : tensor<300x64xf32>, tensor<17xi32> -> tensor<17x64xf32>
    ```

    Rules:
    - I1: the indices are a tensor of one dimension of i32.
    - I2: the result has the table's type, but as many elements in `dim` as there are indices.
    """

    name = "npu.gather"

    table = operand_def(TensorType)
    """What is read."""

    indices = operand_def(TensorType)
    """The index in `dim` of each element of the result; one outside of the table traps."""

    dim = prop_def(IntegerAttr[I64])
    """The dimension."""

    from_end = opt_prop_def(UnitAttr)
    """Indices below 0 count from the end of the dimension."""

    result = result_def(TensorType)
    """The elements."""

    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$table `[` $indices `]` `in` $dim attr-dict `:` type($table) `,` type($indices) "
        "`->` type($result)"
    )

    def __init__(
        self, table: SSAValue, indices: SSAValue, dim: int, *, from_end: bool = False
    ) -> None:
        shape = list(_shape(table))
        shape[dim] = _shape(indices)[0]
        super().__init__(
            operands=[table, indices],
            result_types=[TensorType(cast(Any, _element(table)), shape)],
            properties={
                "dim": IntegerAttr(dim, i64),
                "from_end": UnitAttr() if from_end else None,
            },
        )

    @override
    def verify_(self) -> None:
        _verify(self.name, self.table, self.indices, self.result, self.dim.value.data)


@irdl_op_definition
class ScatterOp(IRDLOperation):
    """A tensor with elements of one dimension replaced, or combined, where indices say.

    ```mlir
    %r = npu.scatter %rows to %table[%ids] in 0 {combine = "add"}
        : tensor<17x64xf32> to tensor<300x64xf32>, tensor<17xi32> -> tensor<300x64xf32>
    ```

    Elements of `rows` come in order: of several for one place the last one stays, and sums are
    added up one after the other.

    Rules: I1 and I2 of `npu.gather`, of `rows`, and
    - I3: the result has the table's type; `combine` is for f32 and i32.
    """

    name = "npu.scatter"

    rows = operand_def(TensorType)
    """What is written."""

    table = operand_def(TensorType)
    """What the result is elsewhere."""

    indices = operand_def(TensorType)
    """The index in `dim` of each element of `rows`; one outside of the table traps."""

    dim = prop_def(IntegerAttr[I64])
    """The dimension."""

    from_end = opt_prop_def(UnitAttr)
    """Indices below 0 count from the end of the dimension."""

    combine = opt_prop_def(StringAttr)
    """What is made of an element that is there and a new one; absent = the new one."""

    result = result_def(TensorType)
    """The tensor."""

    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$rows `to` $table `[` $indices `]` `in` $dim attr-dict `:` type($rows) `to` "
        "type($table) `,` type($indices) `->` type($result)"
    )

    def __init__(
        self,
        rows: SSAValue,
        table: SSAValue,
        indices: SSAValue,
        dim: int,
        *,
        from_end: bool = False,
        combine: str | None = None,
    ) -> None:
        super().__init__(
            operands=[rows, table, indices],
            result_types=[table.type],
            properties={
                "dim": IntegerAttr(dim, i64),
                "from_end": UnitAttr() if from_end else None,
                "combine": None if combine is None else StringAttr(combine),
            },
        )

    @override
    def verify_(self) -> None:
        _verify(self.name, self.table, self.indices, self.rows, self.dim.value.data)
        name = None if self.combine is None else self.combine.data
        if self.result.type != self.table.type or (
            combine_code(name, str(_element(self.table))) is None
        ):
            raise VerifyException(
                f"I3: the result is a {self.table.type}, and combine one of "
                f"{', '.join(COMBINES)}, of f32 or i32; got {self.result.type} and {self.combine}"
            )


IndexedOp = GatherOp | ScatterOp
"""Tensor operations whose indices are data."""

INDEXED_OPS: Sequence[type[GatherOp | ScatterOp]] = (GatherOp, ScatterOp)
