"""What a memref is at run time: an address, strides that the type fixes, sizes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, FixedBitwidthType, MemRefType
from xdsl.dialects.memref import SubviewOp
from xdsl.ir import Attribute, SSAValue

from npu.codegen.llvm_ir import Builder, Value, i64
from npu.dialects.views import kept_dims, offsets_of, sizes_of


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


def element_bytes(type_: MemRefType[Any]) -> int:
    """Bytes of one element."""
    element = type_.element_type
    assert isinstance(element, FixedBitwidthType), element
    return element.size


def static_view(address: Value, type_: MemRefType[Any]) -> View:
    """A whole buffer of static shape at `address`."""
    assert DYNAMIC_INDEX not in type_.get_shape(), type_
    sizes = tuple(i64(size) for size in type_.get_shape())
    return View(address, static_strides(type_), sizes, element_bytes(type_))


def subview(
    builder: Builder, op: SubviewOp, source: View, value_of: Callable[[SSAValue], Value]
) -> View:
    """The view `op` takes of `source`; `value_of` finds index values."""
    address = source.address
    for offset, stride in zip(offsets_of(op), source.byte_strides, strict=True):
        if offset == 0:
            continue
        steps = i64(offset) if isinstance(offset, int) else value_of(offset)
        address = builder.add(address, builder.mul(steps, i64(stride)))
    sizes = [
        i64(s) if isinstance(s, int) else _at_least_0(builder, value_of(s)) for s in sizes_of(op)
    ]
    kept = kept_dims(op)
    return View(
        address,
        tuple(source.strides[d] for d in kept),
        tuple(sizes[d] for d in kept),
        source.element_bytes,
    )


def _at_least_0(builder: Builder, size: Value) -> Value:
    """A size that comes out negative is 0: a piece past the end of a partial tile is empty."""
    return builder.select(builder.icmp_signed("<", size, i64(0)), i64(0), size)
