"""Rules of `Load` and `Store`: what a walk through DRAM moves has its place in the rectangle.

Loops have constant bounds, so the first and the last iteration are known and will surely be run:
the rules are checked there, and in every other iteration by the simulator. Rules TD3, TD4
and TD6 of the `tog` dialect are the same ones for texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from npu.togsim.graph import MAX_NUMBER, Access, Buffer, DmaDim, Indices, Load, Store
from npu.togsim.graph.expr import Expr, bounds, evaluate

Ranges = Mapping[str, tuple[int, int]]
"""The first and the last value of each induction variable."""


def dimension_problem(dim: DmaDim) -> str | None:
    """What is wrong with the numbers of a dimension of a walk, if anything (rule TD6)."""
    stride, within = dim.stride_bytes, dim.bounds
    if abs(stride) > MAX_NUMBER:
        return f"has a stride of {stride} bytes; expected at most 2^40, up or down"
    if dim.indices is not None:
        return _index_problem(dim, dim.indices)
    if within is None:
        return None
    extent, step = within.extent, within.step
    if not 1 <= extent <= MAX_NUMBER or abs(step) > MAX_NUMBER:
        return (
            f"has an extent of {extent} and a step of {step}; expected 1 to 2^40 indices and a "
            "step of at most 2^40, up or down"
        )
    if stride * step < 0 or (stride % step if step else stride):
        return (
            f"has a stride of {stride} bytes and a step of {step}; expected a stride of so many "
            "times the bytes from one index to the next"
        )
    return None


def _index_problem(dim: DmaDim, indices: Indices) -> str | None:
    if dim.bounds is not None:
        return "has bounds and indices; expected one of them"
    if dim.stride_bytes < 0 or not 1 <= indices.extent <= MAX_NUMBER:
        return (
            f"has a stride of {dim.stride_bytes} bytes and an extent of {indices.extent}; expected "
            "indices that go up, and 1 to 2^40 of them"
        )
    return None


def transfer_problem(
    node: Load | Store, access: Access, buffer: Buffer, ranges: Ranges
) -> str | None:
    """What is wrong with a transfer whose expressions are valid, if anything."""
    if node.element_bytes != buffer.element_bytes:
        return (
            f"moves elements of {node.element_bytes} bytes, those of buffer '{buffer.name}' have "
            f"{buffer.element_bytes}; expected the same"
        )
    for number, dim in enumerate(node.dims):
        most = bounds(dim.size, ranges)[1]
        if most < 1:
            return (
                f"walks over no element: the size of dimension {number} is {most} at most; "
                "expected at least 1 in some iteration"
            )
    for end in (0, 1):
        ivs = {name: values[end] for name, values in ranges.items()}
        problem = _mismatch([dim.size for dim in node.dims], access, ivs)
        if problem is not None:
            return problem
    return None


def _mismatch(walk: Sequence[Expr], access: Access, ivs: Mapping[str, int]) -> str | None:
    moved = [evaluate(size, ivs) for size in walk]
    held = [evaluate(size, ivs) for size in access.size]
    if min(*moved, *held, 0) < 0:
        return (
            f"has sizes {moved} in DRAM and {held} in the scratchpad{_where(ivs)}; expected none "
            "below 0"
        )
    if prod(moved) == prod(held):
        return None
    return (
        f"moves {prod(moved)} elements, but its rectangle of buffer '{access.buffer}' holds "
        f"{prod(held)}{_where(ivs)}; expected as many"
    )


def _where(ivs: Mapping[str, int]) -> str:
    """Which iteration a message is about."""
    listed = ", ".join(f"{name} = {value}" for name, value in ivs.items())
    return f" with {listed}" if listed else ""
