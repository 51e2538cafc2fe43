"""A PyTorch module becomes stage 0: export, decompose, check, import, normalise.

Limitations: static shapes, the types of `arrays.KERNEL_TYPES`, tensors in and tensors out.
"""

from __future__ import annotations

import logging
import sysconfig
import warnings
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, OutputSpec
from torch.fx import GraphModule, Node
from torch_mlir.extras.fx_importer import FxImporter

from npu.configs.errors import UserError
from npu.frontend.imported import Argument, Change, Imported, constant_arguments
from npu.frontend.places import NODE_FILE, Places
from npu.frontend.stage0.normalise import normalise_torch
from npu.frontend.torch.arrays import to_array, type_name
from npu.frontend.torch.changes import BUFFERS, changed_buffers, put_changes_last
from npu.frontend.torch.check import check_program, refuse_complex
from npu.frontend.torch.compared import round_compared_numbers
from npu.frontend.torch.complex_pairs import split_complex
from npu.frontend.torch.constant_indices import slice_even_gathers
from npu.frontend.torch.copied_calls import NotAlike, check_changes, copy_calls
from npu.frontend.torch.decompositions.pytorchs import run_decompositions
from npu.frontend.torch.decompositions.table import table
from npu.frontend.torch.empty import drop_empty
from npu.frontend.torch.exact_doubles import narrow_exact_doubles
from npu.frontend.torch.fold import Folded, fold_constants
from npu.frontend.torch.halves import compute_in_single
from npu.frontend.torch.known import stored
from npu.frontend.torch.no_ops import drop_no_ops
from npu.frontend.torch.no_results import drop_no_results
from npu.frontend.torch.origin import FRAME, TORCH_FOLDER, origin_of, short_name
from npu.frontend.torch.small_integers import widen_small_integers
from npu.frontend.torch.targets import plain_targets, rename_targets
from npu.frontend.torch.trace_once import Calls
from npu.frontend.torch.unknown_sizes import refuse_unknown_sizes
from npu.frontend.torch.unread_weights import put_back, take_unread
from npu.frontend.torch.without_checks import WithoutChecks
from npu.frontend.upstream.bindings import new_context
from npu.runtime.without_collection import without_collection

NOT_THE_USERS = (
    TORCH_FOLDER,
    str(Path(__file__).parents[1]),
    *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib")),
    "<",
)
"""Beginnings of the paths of files that are not the user's: messages name none of their lines."""


def import_model(model: nn.Module, inputs: tuple[Tensor, ...]) -> Imported:
    """Import ``model`` called with ``inputs``.

    Weights and buffers that the computation reads become arguments, before the inputs; unused ones
    vanish. New values of the buffers and inputs that it changes are results behind its own.

    Raises:
        UserError: the model cannot be exported, uses operators or types that are not supported (all
            of them are named), has dynamic shapes, or returns something else than tensors.
    """
    with without_collection():
        return _imported(model, inputs)


def _imported(model: nn.Module, inputs: tuple[Tensor, ...]) -> Imported:
    program = _program(model, inputs)
    refuse_unknown_sizes(program.graph)
    drop_no_results(program)
    changed = put_changes_last(program)
    types = _output_types(program)
    refuse_complex(split_complex(program, table))
    drop_no_ops(program.graph)
    narrow_exact_doubles(program.graph)
    drop_empty(program.graph)
    folded = fold_constants(program)
    slice_even_gathers(program, folded)
    _drop_unused(program)
    specs = program.graph_signature.input_specs
    names = {spec.arg.name: spec.target or spec.arg.name for spec in specs}
    widen_small_integers(program.graph)
    round_compared_numbers(program.graph)
    check_program(program, names, is_training=any(part.training for part in model.modules()))
    arguments = _arguments(program, inputs, folded)
    origins = [origin_of(node) for node in program.graph.nodes]
    operators = [short_name(str(node.target)) for node in program.graph.nodes]
    places = Places("the model", origins, operators)
    stage0 = normalise_torch(
        _torch_text(program.graph_module), [argument.name for argument in arguments], places
    )
    constants = constant_arguments(stage0.constants, len(folded))
    changes = _changes(changed, arguments)
    return Imported(stage0.module, (*arguments, *constants), types, changes)


def _changes(changed: Iterable[OutputSpec], arguments: Sequence[Argument]) -> tuple[Change, ...]:
    """What each of the last results replaces."""
    kept = {one.name: at for at, one in enumerate(arguments) if not one.is_input}
    inputs = [(one.name, at) for at, one in enumerate(arguments) if one.is_input]
    numbers = {name: number for number, (name, _) in enumerate(inputs)}
    found: list[Change] = []
    for spec in changed:
        name = spec.target or ""
        if spec.kind in BUFFERS:
            found.append(Change(name, kept.get(name)))
        else:
            number = numbers[name]
            found.append(Change(name, inputs[number][1], number))
    return tuple(found)


def _program(model: nn.Module, inputs: tuple[Tensor, ...]) -> ExportedProgram:
    """The model's program in terms of few operators.

    The quick way of exporting takes tensors that forward() changes, which are no buffers of the
    model, for constants, and PyTorch then fails an assertion; the strict one reads the code.
    """
    calls = Calls(model)
    if calls.parts:
        # Whatever goes wrong with marks: without them it does not, or PyTorch says what it is.
        with suppress(NotAlike, UserError, AssertionError, RuntimeError):
            return _traced_once(model, inputs, calls)
    exported = _export(model, inputs, strict=False)
    try:
        return _decompose(exported)
    except (AssertionError, RuntimeError):
        exported = _export(model, inputs, strict=True)
    try:
        return _decompose(exported)
    except Exception as error:  # PyTorch's complaint about such a change
        raise UserError(_export_message(error)) from error


def _traced_once(model: nn.Module, inputs: tuple[Tensor, ...], calls: Calls) -> ExportedProgram:
    """The same of a trace in which equal modules are traced once."""
    with calls.marked():
        exported = _export(model, inputs, strict=False)
    check_changes(exported, calls.parts)
    unread = take_unread(exported)
    program = _decompose(exported)
    put_back(program, unread)
    copy_calls(program, calls.paths)
    return program


def _export(model: nn.Module, inputs: tuple[Tensor, ...], *, strict: bool) -> ExportedProgram:
    try:
        with _quiet(), torch.no_grad(), WithoutChecks():
            return torch.export.export(model, _stand_ins(inputs), strict=strict)
    except Exception as error:  # whatever the user's forward() raises ends up here
        raise UserError(_export_message(error)) from error


def _stand_ins(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Copies: for a view, PyTorch adds the size of the viewed tensor as a symbol.

    An expanded tensor has more elements than its memory, so that a copy may not fit: then tensors
    that only have a type stand in for all of them.
    """
    if not any(map(_is_expanded, inputs)):
        return tuple(tensor.detach().resolve_conj().clone() for tensor in inputs)
    with FakeTensorMode(allow_non_fake_inputs=True):
        return tuple(torch.empty(one.shape, dtype=one.dtype) for one in inputs)


def _is_expanded(one: Tensor) -> bool:
    """Whether a tensor has more elements than its memory."""
    if one.layout is not torch.strided:
        return False
    return one.untyped_storage().nbytes() < one.numel() * one.element_size()


def _export_message(error: Exception) -> str:
    """The first line of PyTorch's complaint, and the user's line it is about."""
    reason = (str(error).strip().splitlines() or [""])[0]
    frames: list[tuple[str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    recorded = [(file, int(line)) for file, line in FRAME.findall(str(error))]
    outside = [
        (file, line) for file, line in frames + recorded if not file.startswith(NOT_THE_USERS)
    ]
    where = f"{outside[-1][0]}:{outside[-1][1]}: " if outside else ""
    return (
        f"{where}the model cannot be exported: {type(error).__name__}: {reason}\n"
        "Expected a forward() of tensor operations on static shapes, without control flow "
        "that depends on values of tensors."
    )


def _decompose(program: ExportedProgram) -> ExportedProgram:
    """The program in terms of few operators; its parameters and buffers keep their names."""
    compute_in_single(program)
    names = plain_targets(program)
    rename_targets(program, names)
    with _quiet(), torch.no_grad():
        decomposed = run_decompositions(program, table())
    rename_targets(decomposed, {plain: name for name, plain in names.items()})
    return decomposed


def _drop_unused(program: ExportedProgram) -> None:
    """Drop dead nodes, and the weights that nothing reads."""
    graph = program.graph
    graph.eliminate_dead_code()
    user_inputs = set(program.graph_signature.user_inputs)
    for node in graph.find_nodes(op="placeholder"):
        if not node.users and node.name not in user_inputs:
            graph.erase_node(node)


def _arguments(
    program: ExportedProgram, inputs: Sequence[Tensor], folded: Mapping[str, Folded]
) -> tuple[Argument, ...]:
    """The arguments of the placeholders that are left, in their order."""
    specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
    user_inputs = iter(inputs)
    changed = changed_buffers(program)
    found: list[Argument] = []
    for node in program.graph.find_nodes(op="placeholder"):
        name, is_input, is_rounded = node.name, False, False
        if name in folded:
            value, is_rounded = folded[name].value, folded[name].is_rounded
        elif specs[name].kind is InputKind.USER_INPUT:
            value, is_input = next(user_inputs), True
        else:
            name = specs[name].target or name
            value = stored(program, name)
            # the model's own tensor has another value after a call of the model
            value = value.detach().clone() if name in changed else value
        make, type_ = partial(to_array, value, name), type_name(value.dtype)
        is_constant = node.name in folded
        found.append(Argument(name, make, is_input, is_rounded, type_, is_constant))
    return tuple(found)


def _output_types(program: ExportedProgram) -> tuple[str, ...]:
    """The type of each tensor that the program returns."""
    outputs = cast("tuple[object, ...]", program.graph.output_node().args[0])
    values = [node.meta["val"] for node in outputs if isinstance(node, Node)]
    return tuple(type_name(value.dtype) for value in values if isinstance(value, Tensor))


def _torch_text(module: GraphModule) -> str:
    """The graph in upstream's torch dialect, each operation located at the number of its node."""
    for number, node in enumerate(module.graph.nodes):
        # The importer takes locations from the text of the stack trace.
        node.meta["stack_trace"] = f'File "{NODE_FILE}", line {number}, in forward'
    importer: Any = FxImporter(context=new_context())
    importer.import_stateless_graph(module.graph, func_name="main")
    return str(importer.module.operation.get_asm(enable_debug_info=True))


@contextmanager
def _quiet() -> Generator[None]:
    """Keep PyTorch's deprecation warnings, export logs and debug prints off the user's screen."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
