"""A `linalg.generic` or `linalg.fill` inside `npu.compute`, as loops, operands and a body."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.dialects.linalg import ops as linalg
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap

from npu.codegen.nest import Extent, Loop, Nest, plan
from npu.codegen.reduction import Reduction, reduction_of
from npu.codegen.view import memref_type, static_strides
from npu.dialects.element_types import bytes_of, element_type
from npu.dialects.npu import ComputeOp
from npu.dialects.order import is_scan
from npu.passes.group.access import NotLinearError, access_of

SizeNumbers = Mapping[tuple[SSAValue, int], int]
"""(operand, dimension) of each dynamic size -> its number among the function's size parameters."""


@dataclass(frozen=True)
class Structured:
    """One structured operation, ready to be emitted.

    `operands` are the memrefs, inputs first; `arguments` what the body calls them (None: a value
    outside the body, the scalar of a fill, is stored); `yields` the value of each output.
    """

    nest: Nest
    operands: tuple[SSAValue, ...]
    inputs: int
    body: Block | None
    arguments: tuple[BlockArgument | None, ...]
    yields: tuple[SSAValue, ...]
    reductions: tuple[Reduction | None, ...]
    """For each output that gathers all lanes, or is accumulated in every lane by itself: how."""

    @property
    def elements(self) -> tuple[Attribute, ...]:
        """The type of each operand's elements."""
        return tuple(element_type(operand.type) for operand in self.operands)

    def byte_steps(self, depth: int) -> tuple[int, ...]:
        """The bytes that an iteration of loop number `depth` moves each operand by."""
        strides = self.nest.loops[depth].strides
        return tuple(n * bytes_of(e) for n, e in zip(strides, self.elements, strict=True))

    @property
    def outputs(self) -> range:
        """The operands that are written."""
        return range(self.inputs, len(self.operands))

    def yielded(self, output: int) -> SSAValue:
        """The value of operand number `output`."""
        return self.yields[output - self.inputs]

    def reduction(self, operand: int) -> Reduction | None:
        """How operand number `operand` is accumulated; None for an input, and if it is not."""
        return self.reductions[operand - self.inputs] if operand in self.outputs else None

    def groups(self, operand: int) -> int:
        """The register groups that carry the value of `operand`."""
        reduction = self.reduction(operand)
        return (
            2 if reduction is not None and (reduction.kind.is_sum or reduction.kind.nan_wins) else 1
        )

    def is_wide(self, operand: int) -> bool:
        """Whether the value of `operand` is carried in f64, in twice the registers."""
        reduction = self.reduction(operand)
        return reduction is not None and reduction.kind.is_sum

    @property
    def row(self) -> int | None:
        """The elements that the strips of vector code walk, where that is known."""
        return self.nest.loops[self.nest.vector].extent.known

    def is_of_one_strip(self, operand: int, elements: int) -> bool:
        """Whether an output gathers the lanes of one strip, if that has up to `elements`."""
        nest = self.nest
        if self.reduction(operand) is None or nest.is_vector(operand):
            return False
        is_strip = self.row is not None and 1 <= self.row <= elements
        return is_strip and nest.level(operand) == nest.vector - 1


def size_numbers(op: ComputeOp) -> dict[tuple[SSAValue, int], int]:
    """Numbers the dynamic sizes of the block arguments as the tile function's ABI orders them."""
    dynamic = [
        (argument, dimension)
        for argument in op.body.block.args
        for dimension, size in enumerate(memref_type(argument).get_shape())
        if size == DYNAMIC_INDEX
    ]
    return {key: number for number, key in enumerate(dynamic)}


def structured(op: Operation, numbers: SizeNumbers, lanes: int) -> Structured:
    """Analyses `op`, a `linalg.generic` or `linalg.fill` on block arguments of its `npu.compute`.

    A vector register has `lanes` elements of f32.
    Raises UnsupportedError where no vector code can be made of it.
    """
    if isinstance(op, linalg.FillOp):
        return _fill(op, numbers, lanes)
    assert isinstance(op, linalg.GenericOp), op
    return _generic(op, numbers, lanes)


class UnsupportedError(Exception):
    """An operation for which there is no vector code; the message says why."""


def _generic(op: linalg.GenericOp, numbers: SizeNumbers, lanes: int) -> Structured:
    maps = [attribute.data for attribute in op.indexing_maps]
    operands = (*op.inputs, *op.outputs)
    kinds = [attribute.data is IteratorType.REDUCTION for attribute in op.iterator_types]
    loops = _loops(operands, maps, kinds, numbers)
    body = op.body.block
    last = body.last_op
    assert last is not None, op
    arguments = tuple(body.args)
    if is_scan(op):
        return _scan(op, loops, lanes)
    ends = zip(last.operands, arguments[len(op.inputs) :], strict=True)
    gathers = not any(kinds) or all(reduction_of(v, argument) is not None for v, argument in ends)
    nest = plan(loops, len(op.inputs), lanes, gathers=gathers)
    reductions = tuple(
        _reduction(nest, number, argument, value)
        for number, argument, value in zip(
            range(len(op.inputs), len(operands)),
            arguments[len(op.inputs) :],
            last.operands,
            strict=True,
        )
    )
    return Structured(
        nest, operands, len(op.inputs), body, arguments, tuple(last.operands), reductions
    )


def _scan(op: linalg.GenericOp, loops: Sequence[Loop], lanes: int) -> Structured:
    """Lanes over rows, and the steps of all of them innermost."""
    nest = plan(loops, len(op.inputs), lanes, gathers=False)
    if [loop.reduction for loop in nest.loops].count(True) > 1:
        raise UnsupportedError("a scan goes along one loop")
    if not any(loop.reduction for loop in nest.loops):  # of a single step
        along = Loop(Extent(1), True, (0,) * len(op.operands))
        nest = Nest(
            (*nest.loops[: nest.vector + 1], along, *nest.loops[nest.vector + 1 :]), nest.vector
        )
    body = op.body.block
    assert body.last_op is not None, op
    yields = tuple(body.last_op.operands)
    return Structured(
        nest, (*op.inputs, *op.outputs), len(op.inputs), body, tuple(body.args), yields, (None,)
    )


def _fill(op: linalg.FillOp, numbers: SizeNumbers, lanes: int) -> Structured:
    (output,) = op.outputs
    rank = memref_type(output).get_num_dims()
    loops = _loops((output,), [AffineMap.identity(rank)], [False] * rank, numbers)
    return Structured(plan(loops, 0, lanes), (output,), 0, None, (None,), tuple(op.inputs), (None,))


def _reduction(
    nest: Nest, number: int, argument: BlockArgument, value: SSAValue
) -> Reduction | None:
    """How output `number` is accumulated: over the lanes, or in each lane by itself.

    None for an output that the body alone combines with its element, as it does in each lane where
    no accumulators are kept beside it.
    """
    found = reduction_of(value, argument)
    if not nest.is_summed_over_lanes(number):
        has_more = found is not None and (found.kind.is_sum or found.kind.nan_wins)
        return found if has_more and nest.is_carried(number) else None
    if found is None:
        raise UnsupportedError(
            "a reduction is a sum, maximumf, minimumf, maxnumf or minnumf of the output's element "
            "and a value that does not depend on it"
        )
    return found


def _loops(
    operands: tuple[SSAValue, ...],
    maps: list[AffineMap],
    reductions: list[bool],
    numbers: SizeNumbers,
) -> list[Loop]:
    """One loop an iteration dimension."""
    walks = [_walk(operand, map_) for operand, map_ in zip(operands, maps, strict=True)]
    loops: list[Loop] = []
    for dimension, reduction in enumerate(reductions):
        extent = next(
            (
                extent_of(operand, [position], numbers)
                for operand, map_ in zip(operands, maps, strict=True)
                for position, result in enumerate(map_.results)
                if result == AffineDimExpr(dimension)
            ),
            None,
        )
        if extent is None:
            raise UnsupportedError(
                f"no operand tells the extent of iteration dimension {dimension}"
            )
        loops.append(Loop(extent, reduction, tuple(walk.get(dimension, 0) for walk in walks)))
    return loops


def _walk(operand: SSAValue, map_: AffineMap) -> dict[int, int]:
    """Iteration dimension -> elements that a step of it moves in `operand`."""
    steps: dict[int, int] = {}
    strides = static_strides(memref_type(operand))
    for result, stride in zip(map_.results, strides, strict=True):
        for dimension, factor in _moves(result):
            steps[dimension] = steps.get(dimension, 0) + factor * stride
    return steps


def _moves(result: AffineExpr) -> Sequence[tuple[int, int]]:
    """The dimensions that an index moves by, each with its factor; it starts at 0."""
    try:
        access = access_of(result)
    except NotLinearError:
        access = None
    if access is None or access.constant:
        raise UnsupportedError(
            f"an index is a sum of multiples of dimensions, from 0 on, not {result}"
        )
    return access.terms


def extent_of(operand: SSAValue, positions: Iterable[int], numbers: SizeNumbers) -> Extent:
    """The elements of some dimensions of an operand together."""
    shape = memref_type(operand).get_shape()
    extent = Extent(1)
    for position in positions:
        if shape[position] == DYNAMIC_INDEX:
            extent = replace(extent, dynamic=(*extent.dynamic, numbers[operand, position]))
        else:
            extent = extent.times(shape[position])
    return extent
