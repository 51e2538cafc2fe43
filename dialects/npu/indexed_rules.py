"""Rule D8 of transfers: indices that are data (see `TransferOp`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType, i32
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dma_descriptor import COMBINES, combine_code
from npu.dialects.npu.attrs import SPAD

if TYPE_CHECKING:
    from npu.dialects.npu.indexed import Indexed
    from npu.dialects.npu.transfer import TransferOp


def verify_indexed(op: TransferOp) -> None:
    """Raises VerifyException when the indices of a transfer break rule D8."""
    by = op.by
    if by is None:
        if (op.indices, op.indexed, op.from_end, op.combine) != (None,) * 4:
            raise VerifyException(
                "D8: indexed, from_end and combine are for a transfer with indices(dim by %view)"
            )
        return
    _verify_view(op, by)
    if by.dim >= op.tensor_type.get_num_dims() or by.dim not in op.permuted:
        raise VerifyException(
            f"D8: indices are of dimension {by.dim}; expected one of {op.tensor_type} that the "
            "view walks"
        )
    offset, step = op.box.offsets[by.dim], op.box.steps[by.dim]
    if offset != 0 or step != 1:
        raise VerifyException(
            f"D8: in dimension {by.dim}, where indices say what is moved, the box has offset 0 and "
            "step 1"
        )
    _verify_combine(op, by)


def _verify_view(op: TransferOp, by: Indexed) -> None:
    type_ = cast("MemRefType[Any]", by.indices.type)
    is_dense = type_.get_num_dims() == 1 and type_.get_strides() in ([1], (1,))
    if type_.element_type != i32 or type_.memory_space != SPAD or not is_dense:
        raise VerifyException(
            "D8: indices are a scratchpad view of one dimension of i32, one behind the other; got "
            f"{type_}"
        )
    if by.dim >= len(op.box.sizes):
        return
    size, held = op.box.sizes[by.dim], type_.get_shape()[0]
    if isinstance(size, int) and held != DYNAMIC_INDEX and max(0, size) != held:
        raise VerifyException(f"D8: {held} indices for {size} elements; expected as many")


def _verify_combine(op: TransferOp, by: Indexed) -> None:
    if by.combine is None:
        return
    element = str(op.tensor_type.element_type)
    if op.is_load or combine_code(by.combine, element) is None:
        raise VerifyException(
            f"D8: combine is for a store of f32 or i32, and one of {', '.join(COMBINES)}; got "
            f"'{by.combine}' for {element}"
        )
