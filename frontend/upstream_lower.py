"""Upstream half of stage 0: torch or linalg text -> generalised linalg operations, as text.

Runs in the worker process only. Before:

    %2 = linalg.matmul ins(%a, %b) outs(%1) -> tensor<4x16xf32> loc("aten.linear@mlp.py":3:0)

After (generic form of every operation, so that the syntax carries no surprise):

    %2 = linalg.generic {...} {npu.torch_line = "mlp.py:3", npu.torch_op = "aten.linear"}

The origin of an operation travels as its MLIR location, which upstream rewrites keep, and becomes
the two attributes at the very end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npu.frontend.location_text import LOCATION, LOWERED_FROM
from npu.frontend.upstream_bindings import ir, new_context, passmanager
from npu.frontend.upstream_problem import UpstreamProblem

TORCH_TO_LINALG = (
    "builtin.module(torchdynamo-export-to-torch-backend-pipeline{extra-library=})",
    "builtin.module(torch-backend-to-linalg-on-tensors-backend-pipeline{allow-non-finites=true})",
)
NORMALISE = (
    "builtin.module(func.func(linalg-generalize-named-ops),canonicalize,cse,canonicalize,symbol-dce)",
)


def lower(text: str, dialect: str, allowed: Sequence[str]) -> str:
    """Lower ``text`` in ``dialect`` ("torch" or "linalg") to generalised linalg in generic form.

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
        for pipeline in passes:
            run_passes(module, pipeline)
        _check(module, frozenset(allowed))
        _write_origins(module)
        return str(module.operation.get_asm(print_generic_op_form=True))


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


def _write_origins(module: Any) -> None:
    """Turn locations written by the importer into attributes, on operations that compute."""
    for op in _operations(module):
        if op.name != "linalg.generic":
            continue
        origin = LOCATION.search(str(op.location))
        if origin is None:
            continue
        op.attributes["npu.torch_op"] = ir.StringAttr.get(origin["called"])
        if origin["lowered"]:
            op.attributes[LOWERED_FROM] = ir.StringAttr.get(origin["lowered"])
        if origin["file"]:
            place = f"{origin['file']}:{origin['line']}"
            op.attributes["npu.torch_line"] = ir.StringAttr.get(place)
