"""`linalg` operations: an iteration space at a time by broadcasting, never an element at a time.

Operands are laid out along the iteration dimensions (`aligned`), so that the scalar body runs on
arrays. Parallel dimensions are done at once. Reductions whose body is `accumulator op expression`
go in slabs through the numpy reduction of `op`; any other body runs once per reduction point, in
order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType, i1
from xdsl.dialects.linalg import ops as linalg
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap

from npu.dialects.factor import factor_of
from npu.dialects.order import falls, is_merge, is_scan, is_sort
from npu.passes.group.access import NotLinearError, access_of
from npu.runtime.reference.factor import factored
from npu.runtime.reference.frame import Array, Frame, Handler, refuse
from npu.runtime.reference.halves import numbers, packed
from npu.runtime.reference.types import memory_type

SLAB_POINTS = 1 << 22
"""Points of the iteration space evaluated at once in a reduction: 16 MB of f32 a temporary."""

COMBINERS: dict[type[Operation], np.ufunc] = {
    arith.AddfOp: np.add,
    arith.MulfOp: np.multiply,
    arith.MaximumfOp: np.maximum,
    arith.MinimumfOp: np.minimum,
    arith.MaxnumfOp: np.fmax,
    arith.MinnumfOp: np.fmin,
    arith.AddiOp: np.add,
    arith.MaxSIOp: np.maximum,
    arith.MinSIOp: np.minimum,
    arith.AndIOp: np.bitwise_and,
    arith.OrIOp: np.bitwise_or,
    arith.XOrIOp: np.bitwise_xor,
}
"""Associative operations that numpy can reduce with."""


def walked(array: Array, map_: AffineMap, extents: Sequence[int]) -> Array:
    """A view of `array` that has all iteration dimensions in order, each moving as `map_` says.

    Dimensions that the map does not name have size 1. The map is a projected permutation or gives
    sums of multiples of dimensions: windows overlap in memory, the view is only read then.
    """
    moves = [0] * len(extents)
    used = {d for result in map_.results for d in result.used_dims()}
    accesses = [access_of(result) for result in map_.results]
    for access, stride in zip(accesses, array.strides, strict=True):
        for d, factor in access.terms:
            moves[d] += factor * stride
    start = tuple(slice(access.constant, None) for access in accesses)
    shape = [extent if d in used else 1 for d, extent in enumerate(extents)]
    return np.lib.stride_tricks.as_strided(array[start], shape, moves)


def aligned(array: Array, dims: list[int], count: int) -> Array:
    """A view of `array` that has all `count` iteration dimensions in order.

    Dimension i of `array` walks iteration dimension `dims[i]`; those it does not walk get size 1.
    """
    order = sorted(range(len(dims)), key=lambda i: dims[i])
    missing = tuple(d for d in range(count) if d not in dims)
    return np.expand_dims(array.transpose(order), missing)


def _generic(op: Operation, frame: Frame) -> None:
    generic = cast(linalg.GenericOp, op)
    run = _Run(generic, frame)
    run.execute()
    _finish(op, frame, list(generic.outputs), run.outputs)


def _finish(op: Operation, frame: Frame, targets: list[SSAValue], arrays: list[Array]) -> None:
    """Writes to memrefs in place; tensors become the operation's results."""
    if isinstance(targets[0].type, TensorType):
        types = [memory_type(target.type) for target in targets]
        frame.set(op, *(packed(one, type_) for one, type_ in zip(arrays, types, strict=True)))
        return
    for target, array in zip(targets, arrays, strict=True):
        memory = frame.array(target)
        memory[...] = packed(array, memory.dtype)


class _Run:
    """One execution of a `linalg.generic`."""

    def __init__(self, op: linalg.GenericOp, frame: Frame) -> None:
        self.op, self.frame = op, frame
        self.block: Block = op.body.block
        maps = [m.data for m in op.indexing_maps]
        arrays = [numbers(frame.array(v)) for v in op.operands]
        inputs = len(op.inputs)
        self.dims = maps[0].num_dims
        self.extents = self._extents(maps, arrays)
        for map_, array in zip(maps, arrays, strict=True):
            self._check_inside(map_, array)
        self.reduced = [
            d for d, kind in enumerate(op.iterator_types) if kind.data is IteratorType.REDUCTION
        ]
        self.outputs = [a.copy() for a in arrays[inputs:]]
        views = [
            walked(array, map_, self.extents)
            for array, map_ in zip((*arrays[:inputs], *self.outputs), maps, strict=True)
        ]
        self.inputs, self.targets = views[:inputs], views[inputs:]

    def execute(self) -> None:
        """Fills `outputs`."""
        if 0 in self.extents:
            return
        whole = self._of_pairs()
        if whole is not None:
            self.targets[0][...] = whole
            return
        if is_scan(self.op):
            self._scan()
            return
        if not self.reduced:
            self._store(self._body([(0, e) for e in self.extents]))
            return
        combiners = [_combiner(v, a) for v, a in zip(*self._yielded(), strict=True)]
        if all(c is not None for c in combiners):
            self._reduce([c for c in combiners if c is not None])
            return
        for point in itertools.product(*(range(self.extents[d]) for d in self.reduced)):
            window = [(0, e) for e in self.extents]
            for d, at in zip(self.reduced, point, strict=True):
                window[d] = (at, at + 1)
            self._store(self._body(window))

    def _of_pairs(self) -> Array | None:
        """What a sort, a merge or a factorisation makes; None of other operations."""
        pairs = self.inputs[0] if self.inputs else None
        if pairs is None:
            return None
        if is_sort(self.op):
            return sorted_pairs(pairs, falls=falls(self.op))
        if is_merge(self.op):
            return merged_pairs(pairs, self.reduced[-2], falls=falls(self.op))
        factor = factor_of(self.op)
        return None if factor is None else factored(pairs, factor)

    def _scan(self) -> None:
        """Each step from what the one before it left; sums and products in f64, as code has it."""
        (axis,) = self.reduced
        (target,), (found,) = (
            self.targets,
            [_combiner(*one) for one in zip(*self._yielded(), strict=True)],
        )
        start = window_of(target, self._step(axis, 0)).copy()
        if found is None:
            for at in range(self.extents[axis]):
                window = self._step(axis, at)
                parts = [window_of(a, window) for a in self.inputs]
                start = self.frame.run_block(self.block, *parts, start)[0]
                window_of(target, window)[...] = start
            return
        combine, value = found
        self._bind([(0, extent) for extent in self.extents])
        for op in self.block.ops:
            if op is not self._yielded()[0][0].owner and op is not self.block.last_op:
                self.frame.step(op)
        terms = np.broadcast_to(self.frame.get(value), self.extents)
        is_wide = combine in (np.add, np.multiply) and target.dtype == np.float32
        terms = np.concatenate([start, terms], axis).astype(np.float64 if is_wide else target.dtype)
        whole = combine.accumulate(terms, axis, dtype=terms.dtype)
        target[...] = np.delete(whole, 0, axis).astype(target.dtype)

    def _step(self, axis: int, at: int) -> list[tuple[int, int]]:
        """The window of one step along an axis."""
        window = [(0, extent) for extent in self.extents]
        window[axis] = (at, at + 1)
        return window

    def _yielded(self) -> tuple[list[SSAValue], list[BlockArgument]]:
        last = self.block.last_op
        assert last is not None
        return list(last.operands), list(self.block.args[len(self.inputs) :])

    def _reduce(self, combiners: list[tuple[np.ufunc, SSAValue]]) -> None:
        axes = tuple(self.reduced)
        skipped = {value.owner for value in self._yielded()[0]}
        for window in slabs(self.extents, self.reduced[0]):
            self._bind(window)
            for op in self.block.ops:
                if op not in skipped and op is not self.block.last_op:
                    self.frame.step(op)
            shape = [high - low for low, high in window]
            for (combine, value), target in zip(combiners, self.targets, strict=True):
                terms = np.broadcast_to(self.frame.get(value), shape)
                target[...] = _reduced(combine, terms, axes, target)

    def _body(self, window: list[tuple[int, int]]) -> list[Any]:
        """Evaluates the body on a window of the space; returns what it yields."""
        return self.frame.run_block(self.block, *self._bind(window))

    def _bind(self, window: list[tuple[int, int]]) -> list[Array]:
        """Gives the body's arguments and indices their values; returns the arguments."""
        arguments = [window_of(a, window) for a in (*self.inputs, *self.targets)]
        self.frame.values.update(zip(self.block.args, arguments, strict=True))
        for op in self.block.ops:
            if isinstance(op, linalg.IndexOp):
                d = op.dim.value.data
                self.frame.set(op, aligned(np.arange(*window[d]), [d], self.dims))
        return arguments

    def _store(self, values: list[Any]) -> None:
        for target, value in zip(self.targets, values, strict=True):
            target[...] = value

    def _extents(self, maps: list[AffineMap], arrays: list[Array]) -> list[int]:
        """The size of each iteration dimension, on which all operands must agree."""
        sizes: dict[int, int] = {}
        for map_, array in zip(maps, arrays, strict=True):
            for result, size in zip(map_.results, array.shape, strict=True):
                if not isinstance(result, AffineDimExpr):
                    continue
                d = result.position
                if sizes.setdefault(d, size) != size:
                    raise refuse(
                        self.op,
                        f"iteration dimension {d} has {sizes[d]} and {size} points",
                        "operands that agree",
                    )
        if len(sizes) != self.dims:
            raise refuse(self.op, "a dimension that no operand walks", "a size for each")
        return [sizes[d] for d in range(self.dims)]

    def _check_inside(self, map_: AffineMap, array: Array) -> None:
        """Raises where a window leaves its operand."""
        if 0 in self.extents:
            return
        for result, size in zip(map_.results, array.shape, strict=True):
            try:
                access = access_of(result)
            except NotLinearError as error:
                raise refuse(self.op, f"the index {error}", "multiples of loops") from error
            steps = [factor * (self.extents[d] - 1) for d, factor in access.terms]
            low = access.constant + sum(step for step in steps if step < 0)
            high = access.constant + sum(step for step in steps if step > 0)
            if low < 0 or high >= size:
                raise refuse(
                    self.op,
                    f"elements {low} to {high} of a dimension of {size}",
                    "indexing maps that stay inside",
                )


def sorted_pairs(pairs: Array, *, falls: bool = False) -> Array:
    """Rows of pairs (..., length, 2) as integers of 64 bits, low half first, in order."""
    ordered = np.sort(_whole(pairs), axis=-2)
    return np.ascontiguousarray(ordered[..., ::-1, :] if falls else ordered).view(np.int32)


def merged_pairs(pairs: Array, axis: int, *, falls: bool = False) -> Array:
    """The steps of a merge of rows of pairs along `axis`; the last axis has the halves."""
    rows = np.moveaxis(_whole(pairs), axis, 0)
    distance = rows.shape[0] // 2
    while distance:
        runs = rows.reshape(-1, 2, distance, *rows.shape[1:])
        lesser, greater = np.minimum(runs[:, 0], runs[:, 1]), np.maximum(runs[:, 0], runs[:, 1])
        rows = np.stack([greater, lesser] if falls else [lesser, greater], 1).reshape(rows.shape)
        distance //= 2
    return np.ascontiguousarray(np.moveaxis(rows, 0, axis)).view(np.int32)


def _whole(pairs: Array) -> Array:
    """Pairs as integers of 64 bits."""
    return np.ascontiguousarray(pairs.astype(np.int32)).view(np.int64)


def _reduced(combine: np.ufunc, terms: Array, axes: tuple[int, ...], start: Array) -> Array:
    """`terms` along `axes` combined with `start`; sums in f64 and rounded once, as code has it."""
    if combine is not np.add or start.dtype != np.float32:
        return combine(start, combine.reduce(terms, axis=axes, keepdims=True))
    total = np.add.reduce(terms, axis=axes, keepdims=True, dtype=np.float64)
    return (start + total).astype(np.float32)


def slabs(extents: Sequence[int], axis: int) -> Iterator[list[tuple[int, int]]]:
    """Windows that cover a space without empty dimensions, cut along `axis`."""
    thickness = max(1, SLAB_POINTS * extents[axis] // math.prod(extents))
    for low in range(0, extents[axis], thickness):
        window = [(0, extent) for extent in extents]
        window[axis] = (low, min(low + thickness, extents[axis]))
        yield window


def window_of(array: Array, window: Sequence[tuple[int, int]]) -> Array:
    """The part of an aligned array inside the window; dimensions of size 1 broadcast."""
    return array[
        tuple(
            slice(None) if size == 1 else slice(low, high)
            for size, (low, high) in zip(array.shape, window, strict=True)
        )
    ]


def _combiner(yielded: SSAValue, accumulator: BlockArgument) -> tuple[np.ufunc, SSAValue] | None:
    """The reduction and its term of a body that yields `accumulator op term`; None for another.

    The accumulator must have no other use, and neither must the yielded value.
    """
    op = yielded.owner
    if not isinstance(op, Operation) or type(op) not in COMBINERS:
        return None
    if isinstance(op, arith.AddiOp) and yielded.type == i1:
        return None  # numpy counts
    terms = [v for v in op.operands if v is not accumulator]
    if len(terms) != 1 or len(list(accumulator.uses)) != 1 or len(list(yielded.uses)) != 1:
        return None
    return COMBINERS[type(op)], terms[0]


def _fill(op: Operation, frame: Frame) -> None:
    fill = cast(linalg.FillOp, op)
    value = frame.get(fill.inputs[0])
    arrays = [np.full(frame.array(v).shape, value) for v in fill.outputs]
    _finish(op, frame, list(fill.outputs), arrays)


def _transpose(op: Operation, frame: Frame) -> None:
    transpose = cast(linalg.TransposeOp, op)
    order = transpose.permutation.get_values()
    source = frame.array(transpose.inputs[0]).transpose(order)
    target = transpose.outputs[0]
    if source.shape != frame.array(target).shape:
        raise refuse(op, f"{source.shape} into {frame.array(target).shape}", "equal shapes")
    if isinstance(target.type, TensorType):
        frame.set(op, source.copy())
    else:
        frame.array(target)[...] = source


def _index(op: Operation, frame: Frame) -> None:
    """Its value was set for the window at hand before the body started."""


HANDLERS: dict[type[Operation], Handler] = {
    linalg.GenericOp: _generic,
    linalg.FillOp: _fill,
    linalg.TransposeOp: _transpose,
    linalg.IndexOp: _index,
}
"""How each `linalg` operation is executed."""
