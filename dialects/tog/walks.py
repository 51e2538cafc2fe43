"""Rules TD3 to TD5 of transfers: what a walk through DRAM moves has its place on both sides."""

from collections.abc import Sequence
from math import prod
from typing import Any

from xdsl.dialects.builtin import AffineMapAttr, MemRefType
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dram_tensors import element_bytes, memref_bytes
from npu.dialects.tog.attrs import RectangleAttr
from npu.dialects.tog.iterations import ends_of, largest, ranges_around, size_at, value_at


def verify_walk(
    op: Operation,
    tensor: MemRefType[Any],
    offset: AffineMapAttr,
    dims: Sequence[tuple[AffineMapAttr, int]],
    rectangle: RectangleAttr,
    ivs: Sequence[SSAValue],
) -> None:
    """Raises VerifyException when the walk of `dims`, (size, stride in bytes), breaks a rule.

    The expressions must be valid. An operation that no iteration reaches is not looked at.
    """
    ranges = ranges_around(op)
    if ranges is None:
        return
    for size, stride in dims:
        if stride < 0 or largest(size, [ranges[iv] for iv in ivs]) < 1:
            raise VerifyException(
                "TD4: a dimension of a walk has a stride that is not negative, and an element in "
                f"at least one iteration; got {size.data} : {stride}"
            )
    for at in ends_of(ranges, ivs):
        sizes = [size_at(size, at) for size, _ in dims]
        _verify_elements(sizes, [size_at(size, at) for size in rectangle.size.data], at)
        strides = [stride for _, stride in dims]
        _verify_range(tensor, value_at(offset, at), sizes, strides, at)


def _verify_elements(walk: Sequence[int], held: Sequence[int], at: Sequence[int]) -> None:
    if prod(walk) != prod(held):
        raise VerifyException(
            f"TD3: a transfer moves as many elements as its rectangle holds; got {prod(walk)} "
            f"({_times(walk)}) and {prod(held)} ({_times(held)}){_where(at)}"
        )


def _verify_range(
    tensor: MemRefType[Any],
    begin: int,
    sizes: Sequence[int],
    strides: Sequence[int],
    at: Sequence[int],
) -> None:
    if 0 in sizes:
        return
    last = sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    end = begin + last + element_bytes(tensor)
    if begin < 0 or end > memref_bytes(tensor):
        raise VerifyException(
            f"TD5: a walk stays within its tensor, {tensor} of {memref_bytes(tensor)} bytes; got "
            f"bytes {begin} to {end}{_where(at)}"
        )


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes)) or "a scalar"


def _where(ivs: Sequence[int]) -> str:
    """Which iteration a message is about."""
    return f" with the loops at {', '.join(map(str, ivs))}" if ivs else ""
