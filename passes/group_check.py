"""What `npu-group` cannot take: all of it is named at once, with the PyTorch operator."""

from __future__ import annotations

from xdsl.dialects import arith, func, tensor
from xdsl.dialects.builtin import FloatAttr, ModuleOp, StringAttr, TensorType
from xdsl.dialects.linalg.ops import FillOp, GenericOp, IndexOp
from xdsl.ir import Attribute, Operation

from npu.configs.errors import UserError
from npu.passes.group_prepare import ORIGIN, is_static_f32
from npu.passes.iteration_space import loop_extents, loops_of

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
        f"  {_label(op)}: {reason}" for op in main.body.block.ops if (reason := _problem(op))
    ]
    if problems:
        raise UserError(
            "npu-group: these operations fit no kernel; expected linalg.generic and linalg.fill "
            "on static f32 tensors of rank 1 or more, with maps that are projected permutations:\n"
            + "\n".join(problems)
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
        return _type_problem(op)
    if isinstance(op, FillOp):
        return _type_problem(op)
    if isinstance(op, GenericOp):
        return _generic_problem(op)
    return "no pattern takes it"


def _type_problem(op: Operation) -> str | None:
    types: list[Attribute] = [*op.operand_types, *op.result_types]
    wrong = [str(t) for t in types if t.name == TensorType.name and not is_static_f32(t)]
    return f"{wrong[0]} is not a static f32 tensor of rank 1 or more" if wrong else None


def _generic_problem(op: GenericOp) -> str | None:
    if len(op.results) != 1:
        return f"it has {len(op.results)} results, one is taken"
    if any(not isinstance(t, TensorType) for t in op.operand_types):
        return "it reads a scalar operand; define constants inside the body"
    if any(isinstance(inner, IndexOp) for inner in op.body.walk()):
        return "linalg.index is not taken"
    try:
        for map_ in op.indexing_maps:
            loops_of(map_.data)
        loop_extents(op)
    except (ValueError, KeyError):
        return "an indexing map is no projected permutation, or a loop has no extent"
    return _type_problem(op)
