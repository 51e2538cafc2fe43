"""Upstream half of stage 0: torch or linalg text -> generalised linalg operations, as plain data.

Runs in the worker process only. Before:

    %2 = linalg.matmul ins(%a, %b) outs(%1) -> tensor<4x16xf32> loc("torch-node":3:0)

After (see `plain_module`):

    ["linalg.generic", 'loc("torch-node":3:0)', ...]

Upstream's rewrites keep locations, and `npu.frontend.places` reads them. A tensor that holds one
value becomes a ``tensor.splat``, which takes no memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npu.frontend.upstream.bindings import ir, new_context, passmanager
from npu.frontend.upstream.own_operators import call_our_own
from npu.frontend.upstream.plain_module import plain_module
from npu.frontend.upstream.problem import UpstreamProblem

TORCH_TO_LINALG = (
    "builtin.module(torchdynamo-export-to-torch-backend-pipeline{extra-library=})",
    "builtin.module(torch-backend-to-linalg-on-tensors-backend-pipeline{allow-non-finites=true})",
)
CONTRACT = ",torch-verify-linalg-on-tensors-backend-contract"
"""The pass that refuses what upstream itself does not lower."""

NORMALISE = (
    "builtin.module(func.func(linalg-generalize-named-ops),canonicalize,cse,canonicalize,symbol-dce)",
)
MEMOIZED = "linalg.memoized_indexing_maps"
"""Upstream's second copy of the maps of a convolution that it has generalised."""


def lower(text: str, dialect: str, allowed: Sequence[str]) -> dict[str, Any]:
    """Lower ``text`` in ``dialect`` ("torch" or "linalg") to generalised linalg as plain data.

    ``allowed`` names every operation that may be left.

    Raises:
        UpstreamProblem: the text does not parse, a pass fails, or operations remain that later
        stages do
            not take (all of them are listed).
    """
    passes = (*TORCH_TO_LINALG, *NORMALISE) if dialect == "torch" else NORMALISE
    context = new_context()
    with context:
        module = parse(text)
        if dialect == "torch":
            call_our_own(module)
        for pipeline in passes:
            run_passes(module, _without_contract(pipeline))
        _check(module, frozenset(allowed))
        _splat_constants(module)
        _drop_memoized(module)
        return plain_module(module)


def _without_contract(pipeline: str) -> str:
    """A pipeline without upstream's last look at it: `_check` knows of our own calls, too."""
    expanded = str(passmanager.PassManager.parse(pipeline))
    return expanded.replace(CONTRACT, "")


def parse(text: str) -> Any:
    """Parse and verify ``text`` in the current context.

    Raises:
        UpstreamProblem: with upstream's diagnostics.
    """
    try:
        return ir.Module.parse(text)
    except ir.MLIRError as error:
        raise UpstreamProblem(_diagnostics(error)) from error


def run_passes(module: Any, pipeline: str) -> None:
    """Run one textual pass pipeline on ``module``.

    Raises:
        UpstreamProblem: with upstream's diagnostics.
    """
    module.context.emit_error_diagnostics = False
    try:
        passmanager.PassManager.parse(pipeline).run(module.operation)
    except ir.MLIRError as error:
        raise UpstreamProblem(_diagnostics(error)) from error


def _diagnostics(error: Any) -> list[dict[str, str]]:
    found = [
        {"message": str(d.message), "location": str(d.location)} for d in error.error_diagnostics
    ]
    return found or [{"message": str(error), "location": ""}]


def _operations(module: Any) -> list[Any]:
    """Every operation below the module, in program order."""
    found: list[Any] = []

    def visit(operation: Any) -> Any:
        found.append(operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found[1:]


def _check(module: Any, allowed: frozenset[str]) -> None:
    """List every operation that the next stages do not take."""
    problems = [
        {"message": f"operation {op.name} is not supported", "location": str(op.location)}
        for op in _operations(module)
        if op.name not in allowed
    ]
    if problems:
        raise UpstreamProblem(problems)


def _splat_constants(module: Any) -> None:
    """Turn constant tensors of one value into splats of a scalar constant."""
    for op in _operations(module):
        dense = _splat_of(op)
        if dense is None:
            continue
        type_ = op.results[0].type
        with ir.InsertionPoint(op), op.location:
            scalar = ir.Operation.create(
                "arith.constant",
                results=[ir.RankedTensorType(type_).element_type],
                attributes={"value": dense.get_splat_value()},
            )
            splat = ir.Operation.create("tensor.splat", results=[type_], operands=[scalar.result])
        op.results[0].replace_all_uses_with(splat.result)
        op.erase()


def _splat_of(op: Any) -> Any:
    """The dense attribute of a constant tensor that holds one value; None for others."""
    if op.name != "arith.constant" or not isinstance(op.results[0].type, ir.RankedTensorType):
        return None
    value = op.attributes["value"]
    if not isinstance(value, ir.DenseElementsAttr):
        return None
    return value if len(value) and value.is_splat else None


def _drop_memoized(module: Any) -> None:
    """Drop what upstream left in attributes."""
    for op in _operations(module):
        if MEMOIZED in op.attributes:
            del op.attributes[MEMOIZED]
