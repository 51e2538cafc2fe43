"""Vector code of a kernel: elementwise operations and reductions as one `npu.compute`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import AffineMapAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from npu.dialects.npu import ComputeOp, YieldOp
from npu.dialects.order import keep_order
from npu.passes.kernel.value_names import name_body
from npu.passes.map.footprint import Axis
from npu.passes.tile.buffers import Buffers


def compute(name: str, ops: Sequence[Operation], buffers: Buffers) -> ComputeOp:
    """One tile function `name` that runs `ops` on the current tiles of their buffers."""
    of = buffers.plan.buffer_of
    written = list(dict.fromkeys(of[op.results[0]] for op in ops))
    touched = [of[v] for op in ops for v in op.operands if v in of]
    read = [n for n in dict.fromkeys(touched) if n not in written]
    operands = [buffers.current(n) for n in (*read, *written)]
    block = Block(arg_types=[value.type for value in operands])
    for number, argument in zip((*read, *written), block.args, strict=True):
        argument.name_hint = buffers.allocs[number].buffer.name_hint
    inside: dict[int, SSAValue] = dict(zip((*read, *written), block.args, strict=True))
    for op in ops:
        block.add_ops(_on_tiles(op, buffers, inside))
    block.add_op(YieldOp())
    return ComputeOp(name, operands[: len(read)], operands[len(read) :], Region(block))


def _on_tiles(op: Operation, buffers: Buffers, inside: dict[int, SSAValue]) -> list[Operation]:
    """`op` on buffers instead of tensors."""
    of = buffers.plan.buffer_of
    target = inside[of[op.results[0]]]
    if isinstance(op, FillOp):
        source = op.inputs[0].owner
        assert isinstance(source, Operation)
        constant = source.clone()
        name_body([constant])
        return [constant, FillOp([constant.results[0]], [target], [])]
    assert isinstance(op, GenericOp)
    maps = [_map(op, of[v], buffers) for v in op.inputs]
    maps.append(_map(op, of[op.results[0]], buffers))
    inputs = [inside[of[v]] for v in op.inputs]
    body = op.body.clone()
    name_body(list(body.block.ops))
    tiled = GenericOp(inputs, [target], body, maps, op.iterator_types)
    keep_order(op, tiled)
    return [tiled]


def _map(op: GenericOp, number: int, buffers: Buffers) -> AffineMapAttr:
    """The loops of `op` that walk each dimension of a buffer: windows move within their halo."""
    loops = buffers.plan.space.op_dims[op]
    results = tuple(_index(axis, loops) for axis in buffers.plan.buffers[number].axes)
    return AffineMapAttr(AffineMap(len(loops), 0, results))


def _index(axis: Axis, loops: Sequence[int]) -> AffineExpr:
    """Where an axis is, given the dimension of the group of each loop."""
    terms = [AffineExpr.dimension(loops.index(dim)) * factor for dim, factor in axis.terms]
    return sum(terms[1:], terms[0]) if terms else AffineExpr.constant(0)
