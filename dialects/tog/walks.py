"""Rules TD3 to TD6 of transfers: what a walk through DRAM moves has its place on both sides."""

from collections.abc import Sequence
from math import prod
from typing import Any

from xdsl.dialects.builtin import AffineMapAttr, MemRefType
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dram_tensors import element_bytes, memref_bytes
from npu.dialects.tog.attrs import RectangleAttr
from npu.dialects.tog.indexed import IndicesAttr
from npu.dialects.tog.iterations import ends_of, largest, ranges_around, size_at, value_at
from npu.dialects.tog.verify import verify_expressions, verify_single
from npu.dialects.tog.walk_dims import BoundsAttr, WalkDim, inside


def verify_bounds(op: Operation, ivs: Sequence[SSAValue], dims: Sequence[WalkDim]) -> None:
    """Raises VerifyException when the bounds of a dimension break TD6 or TE1 to TE3."""
    for dim in dims:
        if not isinstance(dim.bounds, BoundsAttr):
            continue
        verify_expressions(op, ivs, [dim.bounds.first])
        verify_single("the first index of a dimension", dim.bounds.first)
        extent, step = dim.bounds.extent.value.data, dim.bounds.step.value.data
        fits = dim.stride == 0 if step == 0 else dim.stride % step == 0 and dim.stride * step >= 0
        if extent < 1 or not fits:
            raise VerifyException(
                "TD6: a dimension with bounds has an extent of at least 1, and a stride of as many "
                "times the bytes between neighbours as its step says; got a stride of "
                f"{dim.stride}, an extent of {extent} and a step of {step}"
            )


def verify_walk(
    op: Operation,
    tensor: MemRefType[Any],
    offset: AffineMapAttr,
    dims: Sequence[WalkDim],
    rectangle: RectangleAttr,
    ivs: Sequence[SSAValue],
) -> None:
    """Raises VerifyException when the walk of `dims` breaks one of the rules TD3 to TD5.

    The expressions must be valid. An operation that no iteration reaches is not looked at.
    """
    ranges = ranges_around(op)
    if ranges is None:
        return
    for dim in dims:
        if largest(dim.size, [ranges[iv] for iv in ivs]) < 1:
            raise VerifyException(
                "TD4: a dimension of a walk has an element in at least one iteration; got "
                f"{dim.size.data} : {dim.stride}"
            )
    for at in ends_of(ranges, ivs):
        sizes = [size_at(dim.size, at) for dim in dims]
        _verify_elements(sizes, [size_at(size, at) for size in rectangle.size.data], at)
        _verify_range(tensor, value_at(offset, at), dims, at)


def _verify_elements(walk: Sequence[int], held: Sequence[int], at: Sequence[int]) -> None:
    if prod(walk) != prod(held):
        raise VerifyException(
            f"TD3: a transfer moves as many elements as its rectangle holds; got {prod(walk)} "
            f"({_times(walk)}) and {prod(held)} ({_times(held)}){_where(at)}"
        )


def _verify_range(
    tensor: MemRefType[Any], offset: int, dims: Sequence[WalkDim], at: Sequence[int]
) -> None:
    spans = [_span(dim, at) for dim in dims]
    if None in spans:
        return
    begin = offset + sum(min(span) for span in spans if span)
    end = offset + sum(max(span) for span in spans if span) + element_bytes(tensor)
    if begin < 0 or end > memref_bytes(tensor):
        raise VerifyException(
            f"TD5: a walk stays within its tensor, {tensor} of {memref_bytes(tensor)} bytes, where "
            f"its bounds leave it; got bytes {begin} to {end}{_where(at)}"
        )


def _span(dim: WalkDim, at: Sequence[int]) -> tuple[int, int] | None:
    """Bytes from element 0 to the first and to the last one that exists; None without one."""
    lo, hi = 0, size_at(dim.size, at)
    if isinstance(dim.bounds, IndicesAttr):
        return (0, (dim.bounds.extent.value.data - 1) * dim.stride) if hi else None
    if dim.bounds is not None:
        extent, step = dim.bounds.extent.value.data, dim.bounds.step.value.data
        lo, hi = inside(hi, value_at(dim.bounds.first, at), extent, step)
    return (lo * dim.stride, (hi - 1) * dim.stride) if lo < hi else None


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes)) or "a scalar"


def _where(ivs: Sequence[int]) -> str:
    """Which iteration a message is about."""
    return f" with the loops at {', '.join(map(str, ivs))}" if ivs else ""
