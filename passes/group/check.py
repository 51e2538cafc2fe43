"""What `npu-group` cannot take: all of it is named at once, with the PyTorch operator."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, cast

from xdsl.dialects import arith, func, tensor
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, ModuleOp, StringAttr, TensorType
from xdsl.dialects.linalg.ops import FillOp, GenericOp, IndexOp
from xdsl.ir import Attribute, Operation
from xdsl.ir.affine import AffineDimExpr, AffineMap

from npu.configs.errors import UserError
from npu.configs.short import listed, short
from npu.dialects.element_types import TAKEN_TEXT
from npu.dialects.npu import GatherOp, ScatterOp
from npu.dialects.order import fault_of
from npu.dialects.places import place
from npu.passes.group.access import NotLinearError, accesses_of, is_windowed
from npu.passes.group.copies import LINE, ORIGIN
from npu.passes.group.iteration_space import loops_of
from npu.passes.group.prepare import is_taken

MAX_ELEMENTS = 1 << 40
"""Of a tensor: more than any DRAM here holds."""


def main_of(module: ModuleOp) -> func.FuncOp:
    """The function `@main`. Raises UserError if the module has none with a body of one block."""
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == "main" and len(op.body.blocks) == 1:
            return op
    raise UserError(
        "npu-group: the module has no function @main with a body of one block; expected "
        "func.func @main on tensors (stage 0)"
    )


def check(main: func.FuncOp) -> None:
    """Raises UserError naming every operation that fits no group."""
    problems = [
        f"  {place(main)}argument {i} of @main: {reason}"
        for i, argument in enumerate(main.args)
        if (reason := _value_problem(argument.type, min_rank=0, min_extent=0))
    ]
    problems += [
        f"  {place(op)}{_label(op)}: {reason}"
        for op in main.body.block.ops
        if (reason := _problem(op))
    ]
    if problems:
        raise UserError(
            "npu-group: these operations fit no kernel; expected linalg.generic, linalg.fill, "
            f"tensor.concat and tensor.pad on static tensors of {TAKEN_TEXT} and rank 1 or more, "
            "with maps that are constants plus multiples of loops:\n" + "\n".join(listed(problems))
        )


def _label(op: Operation) -> str:
    """`linalg.generic of aten.sum (model.py:7)`."""
    label = op.name
    for key, form in ((ORIGIN, " of {}"), (LINE, " ({})")):
        value = op.attributes.get(key)
        if isinstance(value, StringAttr):
            label += form.format(value.data)
    return label


def _problem(op: Operation) -> str | None:
    """Why `op` cannot be taken, or None."""
    if isinstance(op, func.ReturnOp | tensor.EmptyOp):
        return None
    if isinstance(op, arith.ConstantOp):
        is_scalar = isinstance(op.value, FloatAttr | IntegerAttr)
        return None if is_scalar else "only scalar constants are taken"
    if isinstance(op, tensor.ExpandShapeOp | tensor.CollapseShapeOp):
        return _type_problem(op, min_rank=0)
    for kind, problem in _PROBLEMS.items():
        if isinstance(op, kind):
            return problem(op)
    return "no pattern takes it"


def _type_problem(op: Operation, min_rank: int = 1) -> str | None:
    types = [*op.operand_types, *op.result_types]
    found = (_value_problem(type_, min_rank) for type_ in types)
    return next((problem for problem in found if problem), None)


def _value_problem(type_: Attribute, min_rank: int, min_extent: int = 1) -> str | None:
    """What is wrong with the type of a value, if it is a tensor."""
    if type_.name != TensorType.name:
        return None
    if not is_taken(type_, min_rank, min_extent):
        return f"{short(type_)} is not a static tensor of {TAKEN_TEXT} and rank {min_rank} or more"
    if prod(cast("TensorType[Attribute]", type_).get_shape()) > MAX_ELEMENTS:
        return f"{short(type_)} has more than 2^{MAX_ELEMENTS.bit_length() - 1} elements"
    return None


def _pad_problem(op: tensor.PadOp) -> str | None:
    if op.low or op.high:
        return "its amounts are values; constants are taken"
    last = op.region.block.last_op
    constant = None if last is None or not last.operands else last.operands[0].owner
    if not isinstance(constant, arith.ConstantOp):
        return "it fills in a value that depends on the place; a constant is taken"
    return _type_problem(op)


def _generic_problem(op: GenericOp) -> str | None:
    if len(op.results) != 1:
        return f"it has {len(op.results)} results, one is taken"
    if any(not isinstance(t, TensorType) for t in op.operand_types):
        return "it reads a scalar operand; define constants inside the body"
    if any(isinstance(inner, IndexOp) for inner in op.body.walk()):
        return "linalg.index is not taken"
    problem = _output_problem(op.indexing_maps.data[-1].data)
    if problem:
        return problem
    walked = {
        result.position
        for map_ in op.indexing_maps
        for result in map_.data.results
        if isinstance(result, AffineDimExpr)
    }
    idle = [loop for loop in range(len(op.iterator_types)) if loop not in walked]
    if idle:
        return f"no indexing map has loop d{idle[0]} alone, which has no extent therefore"
    return _type_problem(op) or fault_of(op) or _reads_problem(op)


def _output_problem(map_: AffineMap) -> str | None:
    """Why the map of the output is no projected permutation."""
    try:
        loops_of(map_)
    except ValueError:
        return (
            f"the output's indexing map, {short(map_, 120)}, is no projected permutation: results "
            "are written element by element, by one loop a dimension"
        )
    return None


def _reads_problem(op: GenericOp) -> str | None:
    """What is wrong with an input that is read through windows."""
    for index in range(len(op.inputs)):
        if not is_windowed(op, index):
            continue
        shown = f"indexing map {index}, {short(op.indexing_maps.data[index].data, 120)},"
        try:
            accesses = accesses_of(op, index)
        except NotLinearError as error:
            return f"{shown} has {short(error)}, which is no constant plus multiples of loops"
        for access in accesses:
            if any(c < 0 for _, c in access.terms) and any(c > 0 for _, c in access.terms):
                return f"{shown} goes up with one loop and down with another in one dimension"
    return None


_PROBLEMS: dict[type[Operation], Callable[[Any], str | None]] = {
    FillOp: _type_problem,
    tensor.PadOp: _pad_problem,
    tensor.ConcatOp: _type_problem,
    GenericOp: _generic_problem,
    GatherOp: _type_problem,
    ScatterOp: _type_problem,
}
"""What computes, and what is wrong with one of it."""
