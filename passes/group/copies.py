"""Copies of tensors as operations, and where operations come from in the user's program."""

from __future__ import annotations

from xdsl.dialects import tensor
from xdsl.dialects.builtin import AffineMapAttr, TensorType
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap

from npu.dialects.element_types import element_type
from npu.passes.group.iteration_space import shape_of

ORIGIN = "npu.torch_op"
"""The attribute of an operation that names the PyTorch operator it belongs to."""

LINE = "npu.torch_line"
"""The attribute that names the place in the user's PyTorch source: `mlp.py:12`."""


def copy_origin(source: Operation, target: Operation) -> None:
    """Makes `target` come from where `source` does."""
    target.attributes |= {k: v for k, v in source.attributes.items() if k in (ORIGIN, LINE)}


def copy_of(value: SSAValue) -> list[Operation]:
    """Operations, the last of which copies `value` into a new tensor."""
    type_ = TensorType(element_type(value.type), shape_of(value))
    empty = tensor.EmptyOp([], type_)
    block = Block(arg_types=[type_.element_type] * 2)
    block.add_op(YieldOp(block.args[0]))
    rank = type_.get_num_dims()
    identity = AffineMapAttr(AffineMap.identity(rank))
    kinds: list[Attribute] = [IteratorTypeAttr.parallel()] * rank
    copy = GenericOp([value], [empty.tensor], Region(block), [identity] * 2, kinds, [type_])
    return [empty, copy]
