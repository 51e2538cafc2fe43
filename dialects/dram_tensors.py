"""The DRAM tensors of a program: the buffers of `@main`, with their addresses."""

from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import memref
from xdsl.dialects.builtin import MemRefType
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from npu.dialects.element_types import bytes_of
from npu.dialects.memory_map import tensor_addresses

Alias = memref.ExpandShapeOp | memref.CollapseShapeOp
"""Operations that give a contiguous buffer another shape and cost nothing."""


@dataclass(frozen=True)
class DramTensor:
    """One buffer of `@main`."""

    value: SSAValue
    """The argument or the result of its `memref.alloc`."""

    address: int
    """Virtual address of the first byte."""

    bytes: int
    """Size."""


def dram_tensors(main: FuncOp) -> list[DramTensor]:
    """The tensors of `@main`: its memref arguments, then its allocations in program order."""
    values: list[SSAValue] = [arg for arg in main.args if isinstance(arg.type, MemRefType)]
    values += [op.memref for op in main.body.walk() if isinstance(op, memref.AllocOp)]
    sizes = [memref_bytes(cast(MemRefType[Any], value.type)) for value in values]
    return [
        DramTensor(value, address, size)
        for value, address, size in zip(values, tensor_addresses(sizes), sizes, strict=True)
    ]


def buffer_behind(value: SSAValue) -> SSAValue:
    """The argument or allocation whose memory `value` is, through changes of shape."""
    owner = value.owner
    return buffer_behind(owner.operands[0]) if isinstance(owner, Alias) else value


def element_bytes(type_: MemRefType[Any]) -> int:
    """Bytes of one element. Raises TypeError for an element type without a fixed width."""
    return bytes_of(type_.element_type)


def memref_bytes(type_: MemRefType[Any]) -> int:
    """Bytes of a memref of static shape and default layout."""
    return type_.element_count() * element_bytes(type_)
