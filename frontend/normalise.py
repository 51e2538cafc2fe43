"""Stage 0: any linalg-on-tensors text, brought to the few forms the passes read.

Upstream generalises and simplifies in its worker process, then rewrites of ours finish the text:

* maxima, minima and clamps of PyTorch's keep NaN (`stage0_extremum`);
* results that nobody reads disappear (`stage0_results`);
* constants go where they are used (`stage0_constants`), so each ``linalg.generic`` stands alone;
* loop dimensions of extent 1 disappear (`stage0_units`);
* reshapes sink through elementwise work (`stage0_reshapes`), so that it stays next to its producer;
* operands of one element get a loop (`stage0_single`).

The result is xDSL's custom syntax, which ``npu-opt`` reads back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects import arith, builtin, func, linalg, math, tensor
from xdsl.dialects.builtin import Float32Type, ModuleOp, TensorType
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from npu.configs.errors import UserError
from npu.frontend import upstream
from npu.frontend.reshapes import merge_equal
from npu.frontend.stage0 import ALLOWED_OPS
from npu.frontend.stage0_constants import inline_constants
from npu.frontend.stage0_extremum import let_nan_win
from npu.frontend.stage0_reshapes import sink_reshapes
from npu.frontend.stage0_results import drop_unused_results, erase_copies, erase_dead
from npu.frontend.stage0_single import give_single_elements_a_loop
from npu.frontend.stage0_units import drop_unit_dims

EXPECTED_TENSORS = "expected tensors of f32 with static shapes of one dimension or more"


def normalise_torch(text: str, names: Sequence[str]) -> str:
    """Stage 0 of a program in the torch dialect, located by `npu.frontend.torch_import`.

    ``names`` are those of the arguments of ``@main``, in order; stage 0 shows them.

    Raises:
        UserError: something in the program is not supported; all such operations are named.
    """
    module = _finish(upstream.lower(text, "torch", "the model"), "the model")
    for argument, name in zip(main_function(module).body.block.args, names, strict=True):
        argument.name_hint = _value_name(name)
    return f"{module!s}\n"


def normalise_file(path: Path) -> str:
    """Stage 0 of a linalg-on-tensors file.

    Raises:
        UserError: the file cannot be read or parsed, or holds something that is not supported.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error
    return f"{_finish(upstream.lower(text, 'linalg', str(path)), str(path))!s}\n"


def parse_stage0(text: str) -> ModuleOp:
    """Parse stage 0 text into xDSL operations."""
    context = Context(allow_unregistered=True)
    for dialect in (
        *(builtin.Builtin, func.Func, arith.Arith, math.Math),
        *(tensor.Tensor, linalg.Linalg),
    ):
        context.load_dialect(dialect)
    return Parser(context, text).parse_module()


def main_function(module: ModuleOp) -> func.FuncOp:
    """The function ``@main`` of a module at stage 0."""
    return next(op for op in module.ops if isinstance(op, func.FuncOp))


def _value_name(name: str) -> str:
    """``name`` as an SSA value may be called; a number at its end would be taken for a counter."""
    plain = re.sub(r"\W", "_", name)
    if plain[:1].isdigit():
        plain = f"p{plain}"
    return f"{plain}_" if re.search(r"_\d+$", plain) else plain


def _finish(text: str, name: str) -> ModuleOp:
    """Our rewrites on upstream's text, and the checks of what may be left."""
    module = parse_stage0(text)
    function = _only_function(module, name)
    _check_signature(function, name)
    let_nan_win(function)
    drop_unused_results(function)
    inline_constants(function)
    drop_unit_dims(function)
    erase_copies(function)
    sink_reshapes(function)
    give_single_elements_a_loop(function)
    merge_equal(function.body.block)
    erase_dead(function)
    _check_operations(module, name)
    try:
        module.verify()
    except VerifyException as error:
        raise UserError(f"{name}: {error}") from error
    _name_values(function)
    return module


def _name_values(function: func.FuncOp) -> None:
    """Call the arguments of bodies what upstream calls them."""
    for op in function.body.block.ops:
        if isinstance(op, linalg.ops.GenericOp):
            for i, argument in enumerate(op.body.block.args):
                argument.name_hint = "in" if i < len(op.inputs) else "out"


def _only_function(module: ModuleOp, name: str) -> func.FuncOp:
    """The one function of the module, called ``main`` from here on."""
    functions = [op for op in module.ops if isinstance(op, func.FuncOp)]
    if len(functions) != 1 or len(list(module.ops)) != 1:
        found = ", ".join(f"@{f.sym_name.data}" for f in functions) or "none"
        raise UserError(
            f"{name}: expected exactly one function and nothing beside it, found {found}; "
            "inline the others, and pass globals as arguments"
        )
    if functions[0].is_declaration or len(functions[0].body.blocks) != 1:
        raise UserError(f"{name}: expected a function with a body of one block, without branches")
    functions[0].properties["sym_name"] = builtin.StringAttr("main")
    return functions[0]


def _check_signature(function: func.FuncOp, name: str) -> None:
    """Static f32 tensors in and out, at least one out."""
    sides = (
        ("argument", function.function_type.inputs.data),
        ("result", function.function_type.outputs.data),
    )
    wrong = [
        f"{side} {i} is {type_}"
        for side, types in sides
        for i, type_ in enumerate(types)
        if not _is_static_f32(type_)
    ]
    if wrong:
        raise UserError(f"{name}: {EXPECTED_TENSORS}, but {', '.join(wrong)}")
    if not function.function_type.outputs.data:
        raise UserError(f"{name}: expected a function that returns at least one tensor")


def _is_static_f32(type_: Attribute) -> bool:
    if not isa(type_, TensorType[Float32Type]):
        return False
    return type_.get_num_dims() > 0 and all(n > 0 for n in type_.get_shape())


def _check_operations(module: ModuleOp, name: str) -> None:
    """Name everything that is left and that the passes do not take."""
    wrong: dict[str, None] = {}
    for op in module.walk():
        op_name = op.attributes["op_name__"] if op.name == "builtin.unregistered" else None
        shown = str(op_name).strip('"') if op_name else op.name
        if shown not in ALLOWED_OPS:
            wrong[f"operation {shown} is not supported"] = None
        elif isinstance(op, linalg.ops.GenericOp) and len(op.results) != 1:
            wrong[
                "a linalg.generic with several results is not supported: write one per result"
            ] = None
        for value in (*op.operands, *op.results):
            type_: Attribute = value.type
            if type_.name == "tensor" and not _is_static_f32(type_):
                wrong[f"{shown} on {type_} is not supported: {EXPECTED_TENSORS}"] = None
    if wrong:
        raise UserError("\n".join(f"{name}: {line}" for line in wrong))
