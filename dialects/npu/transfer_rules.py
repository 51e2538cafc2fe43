"""Rules D1 to D5 and D8 of transfers (see `TransferOp`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Block
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu.attrs import SPAD
from npu.dialects.npu.host import KernelOp
from npu.dialects.npu.indexed_rules import verify_indexed

if TYPE_CHECKING:
    from npu.dialects.npu.box import Index
    from npu.dialects.npu.transfer import TransferOp


def verify_transfer(op: TransferOp) -> None:
    """Raises VerifyException when the operation breaks one of the rules D1 to D5 and D8."""
    _verify_sides(op)
    _verify_entries(op)
    _verify_permutation(op)
    _verify_outside(op)
    verify_indexed(op)
    extents, box = op.tensor_type.get_shape(), op.box
    if any(isinstance(size, int) and size <= 0 for size in box.sizes):
        return
    for dim, (extent, offset, size, step) in enumerate(
        zip(extents, box.offsets, box.sizes, box.steps, strict=True)
    ):
        is_indexed = op.by is not None and dim == op.by.dim
        if not is_indexed and (not op.is_bounded or dim not in op.permuted):
            _verify_inside(op, dim, extent, offset, size, step)


def _verify_sides(op: TransferOp) -> None:
    owner = op.tensor.owner
    is_argument = isinstance(owner, Block) and isinstance(owner.parent_op(), KernelOp)
    if not is_argument or op.view_type.memory_space != SPAD:
        raise VerifyException(
            f"D1: {op.name} moves between an argument of the kernel and a scratchpad view, got "
            f"{op.source.type} to {op.destination.type}"
        )


def _verify_entries(op: TransferOp) -> None:
    if op.tensor_type.element_type != op.view_type.element_type:
        raise VerifyException(
            f"D2: both sides need the same element type; got {op.source.type} to "
            f"{op.destination.type}"
        )
    rank = op.tensor_type.get_num_dims()
    counts = [len(op.static_offsets), len(op.static_sizes), len(op.static_steps)]
    if counts != [rank] * 3:
        raise VerifyException(
            f"D2: a box in {op.tensor_type} needs {rank} offsets, sizes and steps; got {counts[0]},"
            f" {counts[1]} and {counts[2]}"
        )


def _verify_permutation(op: TransferOp) -> None:
    walked, shape = op.permuted, op.view_type.get_shape()
    rank = op.tensor_type.get_num_dims()
    if len(set(walked)) != len(walked) or not set(walked) <= set(range(rank)):
        raise VerifyException(
            f"D3: {list(walked)} does not list different dimensions of {op.tensor_type}"
        )
    if len(walked) != len(shape):
        raise VerifyException(
            f"D3: the view has {len(shape)} dimensions but walks {len(walked)} of the tensor: "
            f"{list(walked)}; give `permutation` one for each"
        )
    sizes = op.box.sizes
    for position, dim in enumerate(walked):
        size, held = sizes[dim], shape[position]
        if isinstance(size, int) and held != DYNAMIC_INDEX and max(0, size) != held:
            raise VerifyException(
                f"D3: view dimension {position} has {held} elements but walks tensor dimension "
                f"{dim} of {size}"
            )
    for dim, size in enumerate(sizes):
        if dim not in walked and size != 1:
            shown = size if isinstance(size, int) else "a value"
            raise VerifyException(
                f"D3: no dimension of the view walks tensor dimension {dim}, so its size must be "
                f"1, got {shown}"
            )


def _verify_outside(op: TransferOp) -> None:
    element = op.tensor_type.element_type
    if op.fill is not None and (not op.is_load or op.fill.type != element):
        raise VerifyException(f"D4: fill is for a load, of type {element}; got {op.fill}")
    if op.bounds is not None and op.is_load:
        raise VerifyException("D4: bounds is for a store; a load says what is outside by fill")
    steps, sizes = op.box.steps, op.box.sizes
    repeated = [
        d for d, (step, n) in enumerate(zip(steps, sizes, strict=True)) if not step and n != 1
    ]
    if repeated and not op.is_load:
        raise VerifyException(
            f"D4: a store with a step of 0 writes one element several times; got it in dimension "
            f"{repeated[0]}"
        )


def _verify_inside(
    op: TransferOp, dim: int, extent: int, offset: Index, size: Index, step: int
) -> None:
    """Raises where constants alone show that a box that is not empty leaves the tensor."""
    if not isinstance(size, int):
        return
    span = (size - 1) * step
    if isinstance(offset, int):
        low, high = min(offset, offset + span), max(offset, offset + span)
        is_inside = low >= 0 and high < extent
        shown = f"elements {low} to {high}"
    else:
        is_inside = abs(span) < extent
        shown = f"{abs(span) + 1} elements from one to the last"
    if is_inside:
        return
    is_dropped = dim not in op.permuted
    why = "no dimension of the view walks it" if is_dropped else _advice(op)
    raise VerifyException(f"D5: the box leaves dimension {dim} of {extent}: it has {shown}; {why}")


def _advice(op: TransferOp) -> str:
    return "give a fill" if op.is_load else "give bounds"
