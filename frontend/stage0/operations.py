"""What stage 0 may contain: the contract between the frontend and the passes.

One function ``@main`` on static tensors of f32, i32, i1, bf16 and f16, made of these operations
only. Scalars inside a ``linalg.generic`` body are defined inside it; ``linalg.fill`` keeps its name
and takes a constant.
"""

from __future__ import annotations

from npu.codegen.arithmetic import LOWERINGS
from npu.dialects.npu.gather import INDEXED_OPS

STRUCTURE_OPS = frozenset({"builtin.module", "func.func", "func.return"})
"""Operations around the computation."""

TENSOR_OPS = frozenset(
    {
        "arith.constant",
        "linalg.generic",
        "linalg.fill",
        "linalg.yield",
        "tensor.empty",
        "tensor.expand_shape",
        "tensor.collapse_shape",
        "tensor.pad",
        "tensor.concat",
        "tensor.yield",
        *(op.name for op in INDEXED_OPS),
    }
)
"""Operations on tensors, and the constants they use."""

BODY_OPS = frozenset(op.name for op in LOWERINGS)
"""Scalar operations inside a ``linalg.generic`` body: those that have vector code."""

ALLOWED_OPS = STRUCTURE_OPS | TENSOR_OPS | BODY_OPS
"""Every operation name that stage 0 may hold."""

CALLED_OPS = frozenset({"func.call"})
"""What operators of our own are on their way through upstream."""

FOLDED_OPS = frozenset(
    {
        *("arith.truncf", "arith.extf", "arith.sitofp"),
        *("linalg.index", "arith.index_cast"),
        *("tensor.extract_slice", "tensor.extract"),
    }
)
"""Operations that upstream leaves and that our rewrites remove: conversions of constants, positions
of maxima, and slices."""
