"""Operators of our own, which upstream does not know, pass through it as calls.

Before:
    %0 = torch.operator "torch.npu.gather"(%table, %ids, %int0, %false) : ...
After, and behind the function a declaration without a body:
    %0 = func.call @"npu.gather(0, False)#0"(%table, %ids) : ...

The numbers, which a conversion of the call's types would lose as attributes, are in the name.
"""

from __future__ import annotations

from typing import Any

from npu.frontend.upstream.bindings import ir
from npu.frontend.upstream.problem import UpstreamProblem

OPERATOR, PREFIX = "torch.operator", "torch.npu."


def call_our_own(module: Any) -> None:
    """Apply the rewrite to ``module``, in place. Runs in the worker process only.

    Raises:
        UpstreamProblem: an argument that is no tensor is no constant.
    """
    declared: set[str] = set()
    for op in _own(module):
        tensors, numbers = _split(op)
        name = op.attributes["name"].value.removeprefix("torch.")
        symbol = f"{name}({', '.join(numbers)})#{len(declared)}"
        declared.add(symbol)
        types = [value.type for value in tensors]
        results = [result.type for result in op.results]
        with op.location:
            with ir.InsertionPoint(op):
                call = ir.Operation.create(
                    "func.call",
                    results=results,
                    operands=tensors,
                    attributes={"callee": ir.FlatSymbolRefAttr.get(symbol)},
                )
            with ir.InsertionPoint(module.body):
                ir.Operation.create(
                    "func.func",
                    attributes={
                        "sym_name": ir.StringAttr.get(symbol),
                        "sym_visibility": ir.StringAttr.get("private"),
                        "function_type": ir.TypeAttr.get(ir.FunctionType.get(types, results)),
                    },
                    regions=1,
                )
        for old, new in zip(op.results, call.results, strict=True):
            old.replace_all_uses_with(new)
        op.erase()


def _own(module: Any) -> list[Any]:
    found: list[Any] = []

    def visit(operation: Any) -> Any:
        is_own = operation.name == OPERATOR
        if is_own and operation.attributes["name"].value.startswith(PREFIX):
            found.append(operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def _split(op: Any) -> tuple[list[Any], list[str]]:
    """The tensors that an operator takes, and its other arguments as text."""
    tensors: list[Any] = []
    numbers: list[str] = []
    for value in op.operands:
        if str(value.type).startswith("!torch.vtensor"):
            tensors.append(value)
            continue
        attributes = value.owner.attributes
        if "value" not in attributes:
            message = f"{op.attributes['name']} has an argument that is no constant"
            raise UpstreamProblem([{"message": message, "location": str(op.location)}])
        given = attributes["value"]
        numbers.append(str(getattr(given, "value", given)))
    return tensors, numbers
