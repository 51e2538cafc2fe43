"""What a memref is at run time: an address, strides that the type fixes, sizes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType
from xdsl.dialects.memref import SubviewOp
from xdsl.ir import Attribute, SSAValue

from npu.codegen.llvm_ir import Builder, Value, i64
from npu.codegen.nest import Extent
from npu.dialects.dram_tensors import element_bytes
from npu.dialects.views import kept_dims, offsets_of, sizes_of, steps_of


@dataclass(frozen=True)
class View:
    """A memref of known address.

    `address` is an i64 of bytes, `strides` are in elements, `sizes` i64 values, one a dimension.
    """

    address: Value
    strides: tuple[int, ...]
    sizes: tuple[Value, ...]
    element_bytes: int

    @property
    def byte_strides(self) -> tuple[int, ...]:
        """Bytes between neighbours in each dimension."""
        return tuple(s * self.element_bytes for s in self.strides)


def memref_type(value: SSAValue) -> MemRefType[Attribute]:
    """The type of a value that the dialect's rules make a memref."""
    type_ = cast("MemRefType[Attribute]", value.type)
    assert isinstance(type_, MemRefType), value
    return type_


def static_strides(type_: MemRefType[Any]) -> tuple[int, ...]:
    """Strides in elements; rule 3 of the final form makes them static."""
    strides = type_.get_strides()
    if strides is None or any(s is None for s in strides):
        raise ValueError(f"{type_} has no static strides")
    return tuple(cast("int", s) for s in strides)


def is_dense(type_: MemRefType[Any]) -> bool:
    """Whether all elements of a buffer lie behind one another, in the order of its dimensions."""
    shape, strides = type_.get_shape(), static_strides(type_)
    return all(strides[i] == strides[i + 1] * shape[i + 1] for i in range(len(shape) - 1))


def extent_value(builder: Builder, extent: Extent, sizes: Sequence[Value]) -> Value:
    """A number of iterations as i64; `sizes` are the run-time sizes."""
    total = i64(extent.factor)
    for number in extent.dynamic:
        total = builder.mul(total, sizes[number])
    return total


def static_view(address: Value, type_: MemRefType[Any]) -> View:
    """A whole buffer of static shape at `address`."""
    assert DYNAMIC_INDEX not in type_.get_shape(), type_
    sizes = tuple(i64(size) for size in type_.get_shape())
    return View(address, static_strides(type_), sizes, element_bytes(type_))


def subview(
    builder: Builder, op: SubviewOp, source: View, value_of: Callable[[SSAValue], Value]
) -> View:
    """The view `op` takes of `source`; `value_of` finds index values."""
    sizes = [size_value(builder, size, value_of) for size in sizes_of(op)]
    kept = kept_dims(op)
    steps = steps_of(op)
    return View(
        address_at(builder, source, offsets_of(op), value_of),
        tuple(source.strides[d] * steps[d] for d in kept),
        tuple(sizes[d] for d in kept),
        source.element_bytes,
    )


def address_at(
    builder: Builder,
    view: View,
    offsets: Sequence[int | SSAValue],
    value_of: Callable[[SSAValue], Value],
) -> Value:
    """The address of the element at `offsets`, one a dimension of `view`; may lie outside of it."""
    address = view.address
    for offset, stride in zip(offsets, view.byte_strides, strict=True):
        if offset == 0:
            continue
        steps = index_value(offset, value_of)
        address = builder.add(address, builder.mul(steps, i64(stride)))
    return address


def index_value(index: int | SSAValue, value_of: Callable[[SSAValue], Value]) -> Value:
    """A constant or an index."""
    return i64(index) if isinstance(index, int) else value_of(index)


def size_value(
    builder: Builder, size: int | SSAValue, value_of: Callable[[SSAValue], Value]
) -> Value:
    """A size; one that comes out negative is 0: a piece past the end of a partial tile is empty."""
    if isinstance(size, int):
        return i64(max(0, size))
    value = value_of(size)
    return builder.select(builder.icmp_signed("<", value, i64(0)), i64(0), value)
