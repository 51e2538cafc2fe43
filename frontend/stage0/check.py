"""What stage 0 cannot take: all of it is named at once, each with its place in the user's file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.dialects.tensor import EmptyOp, PadOp
from xdsl.ir import Attribute, Operation
from xdsl.ir.affine import AffineConstantExpr, AffineDimExpr, AffineMap

from npu.configs.errors import UserError
from npu.dialects.element_types import TAKEN, TAKEN_TEXT, bytes_of, is_tensor
from npu.frontend.places import Places
from npu.frontend.stage0.generics import loop_extents
from npu.frontend.stage0.operations import ALLOWED_OPS
from npu.frontend.stage0.pads import value_of, widths_of
from npu.frontend.stage0.sums import Sum, sum_of
from npu.passes.group.iteration_space import shape_of

EXPECTED_TENSORS = f"expected tensors of {TAKEN_TEXT} (i64 becomes i32) with static shapes"

SEVERAL_RESULTS = (
    "a linalg.generic whose results read one another is taken for an extremum and its position "
    "only: write one operation for each result"
)

MAX_BYTES = 2**47
"""Bytes of one tensor that an address can name."""


def only_function(module: ModuleOp, name: str) -> func.FuncOp:
    """The one function of a module.

    Raises:
        UserError: there are others or none, or it has branches.
    """
    functions = [op for op in module.ops if isinstance(op, func.FuncOp)]
    if len(functions) != 1 or len(list(module.ops)) != 1:
        found = ", ".join(f"@{f.sym_name.data}" for f in functions) or "none"
        raise UserError(
            f"{name}: expected exactly one function and nothing beside it, found {found}; "
            "inline the others, and pass globals as arguments"
        )
    if functions[0].is_declaration or len(functions[0].body.blocks) != 1:
        raise UserError(f"{name}: expected a function with a body of one block, without branches")
    return functions[0]


def check_function(function: func.FuncOp, places: Places) -> None:
    """Raises UserError naming all arguments, results and operations that are not taken."""
    problems = [*_signature_problems(function, places)]
    for op in function.walk():
        if op is not function:
            problems += [f"{places.where_is(op)}: {problem}" for problem in _problems(op)]
    if problems:
        raise UserError("\n".join(dict.fromkeys(problems)))


def _signature_problems(function: func.FuncOp, places: Places) -> Iterator[str]:
    where = places.where_is(function)
    sides = (
        ("argument", function.function_type.inputs.data),
        ("result", function.function_type.outputs.data),
    )
    for side, types in sides:
        for i, type_ in enumerate(types):
            problem = _type_problem(type_)
            if problem:
                yield f"{where}: {side} {i} is {type_}: {problem}"
    if not function.function_type.outputs.data:
        yield f"{where}: expected a function that returns at least one tensor"


def _type_problem(type_: Attribute) -> str | None:
    """What is wrong with the type of a tensor."""
    if not is_tensor(type_) or min(type_.get_shape(), default=0) < 0:
        return EXPECTED_TENSORS
    if type_.element_type not in TAKEN:
        return EXPECTED_TENSORS
    size = bytes_of(type_.element_type) * math.prod(type_.get_shape())
    if size > MAX_BYTES:
        return f"it would take {size:,} bytes, expected at most {MAX_BYTES:,}"
    return None


def _problems(op: Operation) -> Iterable[str]:
    """What is wrong with an operation."""
    name = name_of(op)
    if name not in ALLOWED_OPS:
        return [f"operation {name} is not supported"]
    types = [value.type for value in (*op.operands, *op.results)]
    wrong = [
        f"{name} on {type_} is not supported: {problem}"
        for type_ in types
        if type_.name == TensorType.name and (problem := _type_problem(type_))
    ]
    special = SPECIAL.get(type(op))
    return wrong or (special(op) if special else [])


def name_of(op: Operation) -> str:
    """The name of an operation, also of one that xDSL does not know."""
    known = op.attributes.get("op_name__") if op.name == "builtin.unregistered" else None
    return str(known).strip('"') if known else op.name


def _generic_problems(op: Operation) -> list[str]:
    assert isinstance(op, GenericOp)
    if len(op.results) != 1:
        return [SEVERAL_RESULTS]
    maps = [attribute.data for attribute in op.indexing_maps]
    count = len(op.inputs)
    problems = [
        f"operand {i} of linalg.generic has the indexing map {map_}: expected loops, each once, "
        "or 0 where the operand's extent is 1; bring the operand into that order ahead of it"
        for i, map_ in enumerate(maps)
        if not _is_projection(map_, shape_of(op.operands[i])) and (i >= count or not _sums(map_))
    ]
    walked = {expr for map_ in maps for expr in map_.results if isinstance(expr, AffineDimExpr)}
    unwalked = [f"d{d}" for d in range(maps[0].num_dims) if AffineDimExpr(d) not in walked]
    if unwalked and not problems:
        problems.append(
            f"no operand of linalg.generic walks the loop {unwalked[0]}: expected an operand that "
            "gives its extent"
        )
    return problems or _reaching_out(op)


def _sums(map_: AffineMap) -> list[Sum] | None:
    """What a map of an input is in each dimension, or None if it is not what an input may have.

    That is at least one loop times a step, all steps up or all down, plus a constant; no loop is in
    two dimensions.
    """
    found = [sum_of(expr) for expr in map_.results]
    sums = [each for each in found if each is not None and each.steps]
    if len(sums) < len(found) or not all(_goes_one_way(each) for each in sums):
        return None
    loops = [loop for each in sums for loop in each.steps]
    return sums if len(set(loops)) == len(loops) else None


def _goes_one_way(each: Sum) -> bool:
    return len({step > 0 for step in each.steps.values()}) == 1


def _reaching_out(op: GenericOp) -> list[str]:
    """Inputs that are read beyond their end; without elements nothing is read."""
    if any(0 in shape_of(value) for value in op.operands):
        return []
    extents = loop_extents(op)
    problems: list[str] = []
    for i, (value, map_) in enumerate(zip(op.inputs, op.indexing_maps, strict=False)):
        for dim, (each, extent) in enumerate(
            zip(_sums(map_.data) or [], shape_of(value), strict=False)
        ):
            far = each.constant + sum(n * (extents[d] - 1) for d, n in each.steps.items())
            beyond = [at for at in (each.constant, far) if not 0 <= at < extent]
            if beyond:
                problems.append(
                    f"operand {i} of linalg.generic is read at {beyond[0]} of dimension {dim}, "
                    f"which goes from 0 to {extent - 1}; pad it ahead of it"
                )
    return problems


def _pad_problems(op: Operation) -> list[str]:
    assert isinstance(op, PadOp)
    if op.low or op.high:
        return ["tensor.pad has a width that is no constant: expected static low and high"]
    if min(*map(min, widths_of(op)), 0) < 0:
        return ["tensor.pad cuts off elements: expected low and high of at least 0"]
    if value_of(op) is None:
        return ["tensor.pad fills with something else than one constant, which is not supported"]
    return []


def _is_projection(map_: AffineMap, shape: tuple[int, ...]) -> bool:
    """Whether a map names loops, none of them twice, or the 0 of an extent of 1."""
    dims = [expr for expr in map_.results if isinstance(expr, AffineDimExpr)]
    zeros = [
        expr
        for expr, extent in zip(map_.results, shape, strict=True)
        if isinstance(expr, AffineConstantExpr) and expr.value == 0 and extent == 1
    ]
    return len(set(dims)) == len(dims) and len(dims) + len(zeros) == len(map_.results)


def _return_problems(op: Operation) -> list[str]:
    return [
        f"result {i} is the {operand.type} of tensor.empty, which has no values; fill it first"
        for i, operand in enumerate(op.operands)
        if isinstance(operand.owner, EmptyOp) and 0 not in shape_of(operand)
    ]


SPECIAL: dict[type[Operation], Callable[[Operation], list[str]]] = {
    GenericOp: _generic_problems,
    func.ReturnOp: _return_problems,
    PadOp: _pad_problems,
}
"""What else is wrong with some operations."""
