"""Run a linalg-on-tensors program on the host with upstream's LLVM JIT, as a reference.

Runs in the worker process only. Nothing of ours takes part in it: upstream bufferizes, lowers to
loops, and calls the host's mathematical library for exp, erf and tanh.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from npu.frontend.upstream.bindings import execution_engine, ir, memrefs, new_context
from npu.frontend.upstream.lower import parse, run_passes
from npu.frontend.upstream.problem import UpstreamProblem

TO_LLVM = (
    "builtin.module("
    "func.func(linalg-generalize-named-ops),"
    "one-shot-bufferize{bufferize-function-boundaries"
    " function-boundary-type-conversion=identity-layout-map},"
    "buffer-results-to-out-params{modify-public-functions=true},"
    # ahead of the library calls, which must not get wrappers
    "func.func(llvm-request-c-wrappers),"
    # copies as loops: those of padded tensors would call a library
    "func.func(refback-munge-memref-copy),"
    "func.func(convert-linalg-to-loops),"
    "expand-strided-metadata,lower-affine,convert-scf-to-cf,"
    "func.func(math-expand-ops{ops=rsqrt}),convert-math-to-libm,{expand}"
    "convert-to-llvm,reconcile-unrealized-casts)"
)

BF16 = "arith-expand{include-bf16=true},"
"""Conversions of bf16 as integer arithmetic: a host may have no instructions for them."""


def run(text: str, arguments: Sequence[str], results: Sequence[str]) -> None:
    """Run the only function of ``text`` on arrays in ``.npy`` files; fill those of ``results``.

    Raises:
        UpstreamProblem: the text does not parse or upstream cannot lower it.
    """
    with new_context():
        module = parse(text)
        name = _only_name(module)
        run_passes(module, TO_LLVM.replace("{expand}", BF16 if "bf16" in text else ""))
        engine = execution_engine.ExecutionEngine(module, opt_level=2)
    inputs = [np.load(path) for path in arguments]
    outputs = [np.load(path) for path in results]
    pointers = [
        ctypes.pointer(ctypes.pointer(memrefs.get_ranked_memref_descriptor(array)))
        for array in (*inputs, *outputs)
    ]
    engine.invoke(name, *pointers)
    for path, array in zip(results, outputs, strict=True):
        np.save(Path(path), array)


def _only_name(module: Any) -> str:
    """Name of the only function."""
    functions = [op.operation for op in module.body.operations if op.operation.name == "func.func"]
    if len(functions) != 1:
        message = f"expected one function, found {len(functions)}"
        raise UpstreamProblem([{"message": message, "location": ""}])
    return str(ir.StringAttr(functions[0].attributes["sym_name"]).value)
