"""Calls that stand for operators of our own become operations of the dialect, or marked `linalg`.

Before:
    func.func private @"npu.gather(0, False)#0"(tensor<300x64xf32>, tensor<17xi64>) -> ...
    func.func @main(...) { %0 = func.call @"npu.gather(0, False)#0"(%table, %ids) : ... }
After:
    func.func @main(...) { %0 = npu.gather %table[%ids] in 0 : ... }

`npu.frontend.upstream.own_operators` says why there are calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import Rewriter

from npu.dialects.npu import GatherOp, ScatterOp
from npu.frontend.stage0.ordered import bits_of, factor_of, from_bits, scan_of, sort_of
from npu.frontend.stage0.own_scalars import scalar_of

_NAME = re.compile(r"npu\.(\w+)\((.*)\)#\d+")


def read_own_calls(module: ModuleOp) -> None:
    """Apply the rewrite to ``module``, in place; the declarations go."""
    for op in list(module.walk()):
        if isinstance(op, func.CallOp):
            _replace(op)
    for op in list(module.ops):
        if isinstance(op, func.FuncOp) and op.is_declaration and _NAME.fullmatch(op.sym_name.data):
            Rewriter.erase_op(op)


def _replace(call: func.CallOp) -> None:
    found = _NAME.fullmatch(call.callee.string_value())
    if found is None or found[1] not in MAKERS:
        return
    new = MAKERS[found[1]](list(call.arguments), found[2].split(", "))
    for op in new:
        op.attributes |= call.attributes
    Rewriter.replace_op(call, new)


def _gather(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    table, indices = tensors
    dim, from_end = given
    return [GatherOp(table, indices, int(dim), from_end=from_end == "True")]


def _scatter(tensors: Sequence[SSAValue], given: Sequence[str]) -> list[Operation]:
    rows, table, indices = tensors
    dim, from_end, combine = given
    is_wrapped = from_end == "True"
    return [ScatterOp(rows, table, indices, int(dim), from_end=is_wrapped, combine=combine or None)]


MAKERS: dict[str, Callable[[Sequence[SSAValue], Sequence[str]], list[Operation]]] = {
    "gather": _gather,
    "scatter": _scatter,
    "scan": scan_of,
    "sort_pairs": sort_of,
    "factor": factor_of,
    "bits_of": bits_of,
    "from_bits": from_bits,
    "scalar1": scalar_of,
    "scalar2": scalar_of,
}
"""What each operator becomes, of its tensors and its other arguments as text; its result last."""
