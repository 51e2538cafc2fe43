"""What `npu-group` cannot take: all of it is named at once, with the PyTorch operator."""

from __future__ import annotations

from math import prod
from typing import cast

from xdsl.dialects import arith, func, tensor
from xdsl.dialects.builtin import FloatAttr, ModuleOp, StringAttr, TensorType
from xdsl.dialects.linalg.ops import FillOp, GenericOp, IndexOp
from xdsl.ir import Attribute, Operation
from xdsl.ir.affine import AffineConstantExpr, AffineDimExpr, AffineMap

from npu.configs.errors import UserError
from npu.configs.short import listed, short
from npu.dialects.places import place
from npu.passes.group.iteration_space import loops_of
from npu.passes.group.prepare import ORIGIN, is_static_f32

MAX_ELEMENTS = 1 << 40
"""Of a tensor: more than any DRAM here holds."""

LINE = "npu.torch_line"
"""The attribute that names the place in the user's PyTorch source."""


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
            "npu-group: these operations fit no kernel; expected linalg.generic and linalg.fill "
            "on static f32 tensors of rank 1 or more, with maps that are projected permutations:\n"
            + "\n".join(listed(problems))
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
        return None if isinstance(op.value, FloatAttr) else "only scalar f32 constants are taken"
    if isinstance(op, tensor.ExpandShapeOp | tensor.CollapseShapeOp):
        return _type_problem(op, min_rank=0)
    if isinstance(op, FillOp):
        return _type_problem(op)
    if isinstance(op, GenericOp):
        return _generic_problem(op)
    return "no pattern takes it"


def _type_problem(op: Operation, min_rank: int = 1) -> str | None:
    types = [*op.operand_types, *op.result_types]
    found = (_value_problem(type_, min_rank) for type_ in types)
    return next((problem for problem in found if problem), None)


def _value_problem(type_: Attribute, min_rank: int, min_extent: int = 1) -> str | None:
    """What is wrong with the type of a value, if it is a tensor."""
    if type_.name != TensorType.name:
        return None
    if not is_static_f32(type_, min_rank, min_extent):
        return f"{short(type_)} is not a static f32 tensor of rank {min_rank} or more"
    if prod(cast("TensorType[Attribute]", type_).get_shape()) > MAX_ELEMENTS:
        return f"{short(type_)} has more than 2^{MAX_ELEMENTS.bit_length() - 1} elements"
    return None


def _generic_problem(op: GenericOp) -> str | None:
    if len(op.results) != 1:
        return f"it has {len(op.results)} results, one is taken"
    if any(not isinstance(t, TensorType) for t in op.operand_types):
        return "it reads a scalar operand; define constants inside the body"
    if any(isinstance(inner, IndexOp) for inner in op.body.walk()):
        return "linalg.index is not taken"
    for index, map_ in enumerate(op.indexing_maps):
        problem = _map_problem(map_.data)
        if problem:
            shown = short(map_.data, 120)
            return f"indexing map {index}, {shown}, is no projected permutation: it {problem}"
    walked = {loop for map_ in op.indexing_maps for loop in loops_of(map_.data)}
    idle = [loop for loop in range(len(op.iterator_types)) if loop not in walked]
    if idle:
        return f"no indexing map has loop d{idle[0]}, which has no extent therefore"
    return _type_problem(op)


def _map_problem(map_: AffineMap) -> str | None:
    """Why a map is no projected permutation: what it has where one loop is due."""
    seen: set[int] = set()
    for result in map_.results:
        if not isinstance(result, AffineDimExpr):
            kind = "a constant" if isinstance(result, AffineConstantExpr) else "an expression"
            return (
                f"has {kind}, {short(result)}, where one loop is due: reversed, strided, shifted "
                "and single elements are not taken"
            )
        if result.position in seen:
            return f"has loop d{result.position} twice: diagonals are not taken"
        seen.add(result.position)
    return None
