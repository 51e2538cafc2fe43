"""`npu` operations that compute: weight tiles and rows of the arrays, vector code."""

from collections.abc import Sequence
from typing import cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    MemRefType,
    StringAttr,
    i1,
)
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    prop_def,
    region_def,
    result_def,
    var_operand_def,
)
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu.attrs import SPAD, WeightsType
from npu.dialects.npu.host import YieldOp

MAX_ROWS_RANK = 4
"""Dimensions of a matmul's rows, the last one (k) included."""


@irdl_op_definition
class PreloadOp(IRDLOperation):
    """Loads a k x n weight tile into the next systolic array, k and n at most the array's size.

    Rules:
    - W1: a rank-2 scratchpad view of f32.
    """

    name = "npu.preload"

    source = operand_def(MemRefType)
    """k x n weights."""

    weights = result_def(WeightsType)
    """The tile as the array holds it."""

    assembly_format = "$source attr-dict `:` type($source)"

    def __init__(self, source: SSAValue) -> None:
        super().__init__(operands=[source], result_types=[WeightsType()])

    @override
    def verify_(self) -> None:
        _verify_matrix(self.source.type, "W1: the weights")


@irdl_op_definition
class MatmulOp(IRDLOperation):
    """Streams m rows of k elements through the array: out (+)= rows x weights.

    The rows may have up to three dimensions, all of which together are m: those of a convolution
    are the positions of its output, each read a step of the window's apart.

    Rules:
    - X1: rows (m.. x k) and accumulator (m.. x n) are scratchpad views of f32 and of the same rank,
      2 to 4.
    - X2: the weights come from an `npu.preload` whose k and n agree where static, and no other
      preload stands between (an array holds what it was given last).
    """

    name = "npu.matmul"

    rows = operand_def(MemRefType)
    """m x k."""

    weights = operand_def(WeightsType)
    """The k x n tile of the preload just before."""

    accumulator = operand_def(MemRefType)
    """m x n, read only when accumulating."""

    accumulate = opt_operand_def(i1)
    """True adds to the accumulator, false overwrites it; absent = overwrite."""

    assembly_format = (
        "$rows `,` $weights `into` $accumulator (`accumulate` `(` $accumulate^ `)`)? attr-dict "
        "`:` type($rows) `,` type($accumulator)"
    )

    def __init__(
        self,
        rows: SSAValue,
        weights: SSAValue,
        accumulator: SSAValue,
        accumulate: SSAValue | None = None,
    ) -> None:
        super().__init__(operands=[rows, weights, accumulator, accumulate])

    @override
    def verify_(self) -> None:
        _verify_matrix(self.rows.type, "X1: the rows", MAX_ROWS_RANK)
        _verify_matrix(self.accumulator.type, "X1: the accumulator", MAX_ROWS_RANK)
        preload = self.weights.owner
        if not isinstance(preload, PreloadOp):
            raise VerifyException("X2: the weights of npu.matmul come from an npu.preload")
        *m, k = cast(MemRefType[Attribute], self.rows.type).get_shape()
        wk, wn = cast(MemRefType[Attribute], preload.source.type).get_shape()
        *am, an = cast(MemRefType[Attribute], self.accumulator.type).get_shape()
        if len(m) != len(am):
            raise VerifyException(
                f"X1: the rows and the accumulator have the same rank, got {len(m) + 1} and "
                f"{len(am) + 1}"
            )
        if any(_differ(a, b) for a, b in (*zip(m, am, strict=True), (k, wk), (wn, an))):
            raise VerifyException(
                f"X2: {_times(*m, k)} rows times {_times(wk, wn)} weights do not give "
                f"{_times(*am, an)}"
            )


@irdl_op_definition
class ComputeOp(IRDLOperation):
    """Vector code on scratchpad views: one tile function.

    ```mlir
    npu.compute @k0_c0 ins(%x : ...) outs(%y : ...) {
    ^bb0(%a: ..., %b: ...):
      linalg.generic ...
      npu.yield
    }
    ```

    Rules:
    - C1: every operand is a scratchpad view of rank >= 1.
    - C2: block arguments match the operands (ins, then outs) one to one in type.
    - C3: the body uses nothing from outside but its block arguments, and ends in `npu.yield`.
    """

    name = "npu.compute"

    sym_name = prop_def(StringAttr)
    """The tile function's name, unique in the module."""

    inputs = var_operand_def(MemRefType)
    """Views that are read."""

    outputs = var_operand_def(MemRefType)
    """Views that are written (and may be read)."""

    body = region_def("single_block")

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    assembly_format = (
        "$sym_name (`ins` `(` $inputs^ `:` type($inputs) `)`)? "
        "`outs` `(` $outputs `:` type($outputs) `)` attr-dict-with-keyword $body"
    )

    def __init__(
        self, sym_name: str, inputs: Sequence[SSAValue], outputs: Sequence[SSAValue], body: Region
    ) -> None:
        super().__init__(
            operands=[list(inputs), list(outputs)],
            regions=[body],
            properties={"sym_name": StringAttr(sym_name)},
        )

    @override
    def verify_(self) -> None:
        for type_ in self.operand_types:
            memref = cast(MemRefType[Attribute], type_)
            if memref.memory_space != SPAD or memref.get_num_dims() < 1:
                raise VerifyException(
                    f"C1: npu.compute works on scratchpad views of rank >= 1, got {type_}"
                )
        if tuple(self.body.block.arg_types) != tuple(self.operand_types):
            raise VerifyException(
                "C2: the block arguments must have the types of ins and outs one to one"
            )
        if not isinstance(self.body.block.last_op, YieldOp):
            raise VerifyException("C3: the body must end in npu.yield")
        for op in self.body.walk():
            for operand in op.operands:
                if not self.body.is_ancestor(operand.owner):
                    raise VerifyException(
                        f"C3: {op.name} uses a value from outside; pass it as an operand"
                    )


def _verify_matrix(type_: Attribute, what: str, most: int = 2) -> None:
    """Raises unless `type_` is a scratchpad memref of rank 2, or up to `most`."""
    memref = cast(MemRefType[Attribute], type_)
    if memref.memory_space != SPAD or not 2 <= memref.get_num_dims() <= most:
        rank = "2" if most == 2 else f"2 to {most}"
        raise VerifyException(f"{what} must be a rank-{rank} scratchpad view, got {type_}")


def _times(*sizes: int) -> str:
    """`3x4`."""
    return "x".join("?" if size == DYNAMIC_INDEX else str(size) for size in sizes)


def _differ(a: int, b: int) -> bool:
    """Two sizes that are both static and not equal."""
    return DYNAMIC_INDEX not in (a, b) and a != b
