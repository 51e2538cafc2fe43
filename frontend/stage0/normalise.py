"""Stage 0: any linalg-on-tensors text, brought to the few forms the passes read.

Upstream generalises and simplifies in its worker process, then rewrites of ours finish it:

* calls that stand for operators of our own become these (`own_calls`);
* maxima, minima and clamps of PyTorch's keep NaN (`stage0_extremum`);
* positions of the maxima of windows become reductions (`pool_positions`);
* constant tensors become fills or arguments (`stage0_tensors`);
* results that nobody reads disappear (`results`);
* values taken out of tensors at sums of loops become operands (`extracts`);
* the index of a loop becomes an operand (`coordinates`);
* operations with several results become one for each (`several_results`);
* constants go where they are used (`constants`), so each ``linalg.generic`` stands alone;
* work on tensors without elements disappears (`stage0_empty`);
* tensors joined to a part of others are parts themselves (`nested`);
* reductions to one element go one dimension at a time (`stage0_staged`);
* tensors of rank 0 get a dimension (`stage0_ranks`);
* slices are read at an offset (`slices`);
* loop dimensions of extent 1 disappear (`units`);
* reshapes sink through elementwise work (`reshapes`), so that it stays next to its producer;
* operands of one element get a loop (`single`);
* padding stands in front of who reads it (`pads`).

The result is xDSL's custom syntax, which ``npu-opt`` reads back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xdsl.context import Context
from xdsl.dialects import arith, builtin, func, linalg, math, tensor
from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError, VerifyException

from npu.configs.errors import UserError
from npu.dialects.excerpt import excerpt
from npu.dialects.npu import Npu
from npu.frontend.imported import Array
from npu.frontend.places import Places
from npu.frontend.stage0.check import check_function, only_function
from npu.frontend.stage0.constants import inline_constants
from npu.frontend.stage0.coordinates import read_coordinates
from npu.frontend.stage0.empty import drop_empty_work
from npu.frontend.stage0.extracts import read_extracts
from npu.frontend.stage0.extremum import let_nan_win
from npu.frontend.stage0.halves import read_halves
from npu.frontend.stage0.narrow import narrow_integers
from npu.frontend.stage0.nested import join_nested
from npu.frontend.stage0.origins import erase_locations, write_origins
from npu.frontend.stage0.own_calls import read_own_calls
from npu.frontend.stage0.pads import settle_pads
from npu.frontend.stage0.pool_positions import find_pool_positions
from npu.frontend.stage0.ranks import lift_rank_zero
from npu.frontend.stage0.read_module import read_module
from npu.frontend.stage0.reassociation import merge_equal
from npu.frontend.stage0.reshapes import sink_reshapes
from npu.frontend.stage0.results import drop_unused_results, erase_copies, erase_dead
from npu.frontend.stage0.several_results import split_results
from npu.frontend.stage0.single import give_single_elements_a_loop
from npu.frontend.stage0.slices import read_slices_at_offsets
from npu.frontend.stage0.staged import stage_reductions
from npu.frontend.stage0.tensors import lift_tensor_constants
from npu.frontend.stage0.units import drop_unit_dims
from npu.frontend.upstream import client
from npu.frontend.value_name import value_name


@dataclass(frozen=True)
class Stage0:
    """A program at stage 0."""

    module: ModuleOp
    """One function, verified."""

    constants: list[Array]
    """Values of the arguments of ``@main`` that hold constants; they come last."""

    given: FunctionType
    """The type of the function as it was, without those arguments: i64 may be i32 by now."""

    @property
    def text(self) -> str:
        """MLIR, as xDSL prints it."""
        return f"{self.module!s}\n"


def normalise_torch(text: str, names: Sequence[str], places: Places) -> Stage0:
    """Stage 0 of a program in the torch dialect.

    ``names`` are those of the arguments of ``@main``, in order; stage 0 shows them.

    Raises:
        UserError: something in the program is not supported; all such operations are named.
    """
    module, constants, given = _finish(client.lower(text, "torch", places), places)
    for argument, name in zip(main_function(module).body.block.args, names, strict=False):
        argument.name_hint = value_name(name)
    return Stage0(module, constants, given)


def normalise_file(path: Path) -> Stage0:
    """Stage 0 of a linalg-on-tensors file.

    Raises:
        UserError: the file cannot be read or parsed, or holds something that is not supported.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error
    places = Places(str(path))
    module, constants, given = _finish(client.lower(text, "linalg", places), places)
    return Stage0(module, constants, given)


def parse_stage0(text: str) -> ModuleOp:
    """Parse stage 0 text into xDSL operations."""
    return Parser(_context(), text).parse_module()


def _context() -> Context:
    """A context with the dialects of stage 0, in which other operations stay unknown."""
    context = Context(allow_unregistered=True)
    for dialect in (
        *(builtin.Builtin, func.Func, arith.Arith, math.Math),
        *(tensor.Tensor, linalg.Linalg, Npu),
    ):
        context.load_dialect(dialect)
    return context


def main_function(module: ModuleOp) -> func.FuncOp:
    """The function ``@main`` of a module at stage 0."""
    return next(op for op in module.ops if isinstance(op, func.FuncOp))


def _finish(
    lowered: Mapping[str, Any], places: Places
) -> tuple[ModuleOp, list[Array], FunctionType]:
    """Our rewrites on what upstream made, and the checks of what may be left."""
    try:
        module = read_module(lowered, _context())
    except (ParseError, VerifyException) as error:
        raise UserError(f"{places.name}: {excerpt(str(error).strip())}") from error
    read_own_calls(module)
    function = only_function(module, places.name)
    given = function.function_type
    function.properties["sym_name"] = builtin.StringAttr("main")
    write_origins(function, places)
    let_nan_win(function)
    narrow_integers(function, places)
    constants = [*find_pool_positions(function), *lift_tensor_constants(function)]
    drop_unused_results(function)
    read_extracts(function)
    constants += read_coordinates(function)
    split_results(function)
    inline_constants(function)
    read_slices_at_offsets(function)
    erase_dead(function)
    check_function(function, places)
    _rewrite(function)
    erase_locations(function)
    try:
        module.verify()
    except VerifyException as error:
        raise UserError(f"{places.name}: {error}") from error
    _name_values(function)
    return module, constants, given


def _rewrite(function: func.FuncOp) -> None:
    """The rewrites of a function that was checked."""
    read_halves(function)
    erase_dead(function)
    drop_empty_work(function)
    join_nested(function)
    stage_reductions(function)
    lift_rank_zero(function)
    drop_unit_dims(function)
    erase_copies(function)
    sink_reshapes(function)
    read_halves(function)
    erase_dead(function)
    give_single_elements_a_loop(function)
    settle_pads(function)
    merge_equal(function.body.block)
    erase_dead(function)


def _name_values(function: func.FuncOp) -> None:
    """Call the arguments of bodies what upstream calls them."""
    for op in function.body.block.ops:
        if isinstance(op, linalg.ops.GenericOp):
            for i, argument in enumerate(op.body.block.args):
                argument.name_hint = "in" if i < len(op.inputs) else "out"
