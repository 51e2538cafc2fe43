"""What a `memref.subview` keeps: the one definition all consumers of kernels share."""

from typing import Any, cast

from xdsl.dialects.builtin import MemRefType
from xdsl.dialects.memref import SubviewOp
from xdsl.ir import SSAValue


def kept_dims(op: SubviewOp) -> tuple[int, ...]:
    """The source dimensions that survive rank reduction, in order.

    A dropped dimension has the static size 1. Where several choices fit, leading dimensions are
    dropped first: the slot of a scratchpad buffer, the batch of a DRAM tensor.
    """
    source = cast(MemRefType[Any], op.source.type)
    result = cast(MemRefType[Any], op.result.type)
    sizes = op.static_sizes.get_values()
    strides = source.get_strides()
    moves = [
        None if stride is None else stride * step
        for stride, step in zip(strides or (), steps_of(op), strict=True)
    ]
    kept = _match(
        list(zip(sizes, moves, strict=True)),
        list(zip(result.get_shape(), result.get_strides() or (), strict=True)),
    )
    if kept is None:
        raise ValueError(f"{result} is no rank reduction of {source} to sizes {list(sizes)}")
    first = len(sizes)
    return tuple(first + d if d < 0 else d for d in kept)


def offsets_of(op: SubviewOp) -> list[int | SSAValue]:
    """The offset of each source dimension: a constant or an index value."""
    return _mixed(op.static_offsets.get_values(), list(op.offsets))


def sizes_of(op: SubviewOp) -> list[int | SSAValue]:
    """The size of each source dimension: a constant or an index value."""
    return _mixed(op.static_sizes.get_values(), list(op.sizes))


def steps_of(op: SubviewOp) -> tuple[int, ...]:
    """Elements of each source dimension from one element of the view to the next."""
    return tuple(int(step) for step in op.static_strides.get_values())


def _mixed(static: tuple[int, ...], dynamic: list[SSAValue]) -> list[int | SSAValue]:
    """Static entries with the dynamic ones filled in where MLIR's marker stands."""
    marker = -(2**63)
    rest = iter(dynamic)
    return [next(rest) if value == marker else int(value) for value in static]


def _match(
    source: list[tuple[int, int | None]], result: list[tuple[int, int | None]]
) -> tuple[int, ...] | None:
    """Indices (negative, from the end) of the source dimensions that make up the result."""
    if not source:
        return None if result else ()
    (size, stride), rest = source[0], source[1:]
    if size == 1 and len(source) > len(result):
        dropped = _match(rest, result)
        if dropped is not None:
            return dropped
    if not result or _static(size) != _static(result[0][0]) or stride != result[0][1]:
        return None
    kept = _match(rest, result[1:])
    return None if kept is None else (-len(source), *kept)


def _static(size: int) -> int | None:
    """The size, or None where it is dynamic (-1 in types, MLIR's marker in attributes)."""
    return None if size < 0 else size
