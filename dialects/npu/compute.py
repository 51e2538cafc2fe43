"""`npu` operations that compute: weight tiles and rows of the arrays, vector code."""

from collections.abc import Sequence
from typing import cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    IntegerAttr,
    IntegerType,
    MemRefType,
    StringAttr,
    SymbolNameConstraint,
    f32,
    i1,
    i64,
)
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    var_operand_def,
)
from xdsl.utils.exceptions import VerifyException

from npu.dialects.element_types import MULTIPLIED, element_type
from npu.dialects.npu.attrs import SPAD, WeightsType
from npu.dialects.npu.host import YieldOp

MAX_ROWS_RANK = 4
"""Dimensions of a matmul's rows, the last one (k) included."""

MAX_WEIGHTS_RANK = 3
"""Dimensions of a weight tile: taps, channels, n."""


@irdl_op_definition
class PreloadOp(IRDLOperation):
    """Loads a k x n weight tile into the next systolic array, k and n at most the array's size.

    With three dimensions the first two are k: neighbouring taps of a convolution, all channels of
    each.

    Rules:
    - W1: a scratchpad view of f32, bf16 or f16 of rank 2 or 3.
    - W2: of three dimensions, the first two lie behind one another as one.
    """

    name = "npu.preload"

    source = operand_def(MemRefType)
    """k x n weights, or taps x channels x n."""

    weights = result_def(WeightsType)
    """The tile as the array holds it."""

    assembly_format = "$source attr-dict `:` type($source)"

    def __init__(self, source: SSAValue) -> None:
        super().__init__(operands=[source], result_types=[WeightsType()])

    @override
    def verify_(self) -> None:
        _verify_matrix(self.source.type, "W1: the weights", MAX_WEIGHTS_RANK)
        _verify_element(self.source.type, "W1: the weights", MULTIPLIED)
        if cast(MemRefType[Attribute], self.source.type).get_num_dims() == MAX_WEIGHTS_RANK:
            _verify_lines(self.source.type, "W2: taps and channels", 0)


@irdl_op_definition
class MatmulOp(IRDLOperation):
    """Streams m rows of k elements through the array: out (+)= rows x weights.

    The rows may have up to three dimensions, all of which together are m: those of a convolution
    are the positions of its output, each read a step of the window's apart.

    With `window_step` the rows are windows of what `rows` holds, its last two dimensions positions
    and channels: row i of the last m dimension is all channels of as many positions as the weights
    have taps, from position `window_step` * i on. In memory that is one run of k elements.

    Rules:
    - X1: rows (m.. x k) and accumulator (m.. x n) are scratchpad views of the same rank, 2 to 4;
      the accumulator is of f32.
    - X2: the weights come from an `npu.preload` whose k and n agree where static, and no other
      preload stands between (an array holds what it was given last).
    - X3: `window_step` is at least 1, the weights are taps x channels x n, and positions and
      channels of the rows lie behind one another.
    - X4: rows and weights have elements of one type.
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

    window_step = opt_prop_def(IntegerAttr[IntegerType])
    """Positions between the starts of two rows that are windows; absent = rows are as they lie."""

    assembly_format = (
        "$rows `,` $weights `into` $accumulator (`accumulate` `(` $accumulate^ `)`)? "
        "(`window_step` $window_step^)? attr-dict "
        "`:` type($rows) `,` type($accumulator)"
    )

    def __init__(
        self,
        rows: SSAValue,
        weights: SSAValue,
        accumulator: SSAValue,
        accumulate: SSAValue | None = None,
        window_step: int | None = None,
    ) -> None:
        step = None if window_step is None else IntegerAttr(window_step, i64)
        super().__init__(
            operands=[rows, weights, accumulator, accumulate],
            properties={"window_step": step},
        )

    @override
    def verify_(self) -> None:
        _verify_matrix(self.rows.type, "X1: the rows", MAX_ROWS_RANK)
        _verify_matrix(self.accumulator.type, "X1: the accumulator", MAX_ROWS_RANK)
        _verify_element(self.accumulator.type, "X1: the accumulator", (f32,))
        preload = self.weights.owner
        if not isinstance(preload, PreloadOp):
            raise VerifyException("X2: the weights of npu.matmul come from an npu.preload")
        kinds = [element_type(one) for one in (self.rows.type, preload.source.type)]
        if kinds[0] != kinds[1]:
            raise VerifyException(
                f"X4: rows and weights have elements of one type, got {kinds[0]} and {kinds[1]}"
            )
        *m, k = cast(MemRefType[Attribute], self.rows.type).get_shape()
        *wk, wn = cast(MemRefType[Attribute], preload.source.type).get_shape()
        *am, an = cast(MemRefType[Attribute], self.accumulator.type).get_shape()
        self._verify_windows(wk)
        if len(m) != len(am):
            raise VerifyException(
                f"X1: the rows and the accumulator have the same rank, got {len(m) + 1} and "
                f"{len(am) + 1}"
            )
        rows = len(m) if self.window_step is None else len(m) - 1
        pairs = [*zip(m[:rows], am, strict=False), (k, wk[-1]), (wn, an)]
        if any(_differ(a, b) for a, b in pairs):
            raise VerifyException(
                f"X2: {_times(*m, k)} rows times {_times(*wk, wn)} weights do not give "
                f"{_times(*am, an)}"
            )

    def _verify_windows(self, k: Sequence[int]) -> None:
        """Raises unless `window_step` and the dimensions of the weights' k go together."""
        has_taps = len(k) == MAX_WEIGHTS_RANK - 1
        if self.window_step is None and not has_taps:
            return
        step = 0 if self.window_step is None else self.window_step.value.data
        if step < 1 or not has_taps:
            raise VerifyException(
                "X3: rows are windows where the weights have taps and window_step is at least 1, "
                f"got {len(k)} dimensions of k and window_step {step}"
            )
        dims = cast(MemRefType[Attribute], self.rows.type).get_num_dims()
        _verify_lines(self.rows.type, "X3: positions and channels", dims - 2)


@irdl_op_definition
class ComputeOp(IRDLOperation):
    """Vector code on scratchpad views: one tile function.

    ```mlir
    npu.compute @zeros_c0 outs(%y : memref<4x8xf32, "spad">) {
    ^bb0(%a: memref<4x8xf32, "spad">):
      %zero = arith.constant 0.0 : f32
      linalg.fill ins(%zero : f32) outs(%a : memref<4x8xf32, "spad">)
      npu.yield
    }
    ```

    Rules:
    - C1: every operand is a scratchpad view of rank >= 1.
    - C2: block arguments match the operands (ins, then outs) one to one in type.
    - C3: the body uses nothing from outside but its block arguments, and ends in `npu.yield`.
    """

    name = "npu.compute"

    sym_name = prop_def(SymbolNameConstraint())
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


def _verify_element(type_: Attribute, what: str, taken: Sequence[Attribute]) -> None:
    """Raises unless the elements of a view are of one of the types `taken`."""
    if element_type(type_) not in taken:
        names = " or ".join(map(str, taken))
        raise VerifyException(f"{what} must have elements of {names}, got {type_}")


def _verify_lines(type_: Attribute, what: str, first: int) -> None:
    """Raises unless dimensions `first` and the next one of a view lie behind one another."""
    memref = cast(MemRefType[Attribute], type_)
    strides, inner = memref.get_strides(), memref.get_shape()[first + 1]
    if strides is None or inner < 0 or strides[first] is None:
        raise VerifyException(f"{what} have a static extent and strides, got {type_}")
    if strides[first] != inner * cast(int, strides[first + 1]):
        raise VerifyException(f"{what} lie behind one another, got {type_}")


def _times(*sizes: int) -> str:
    """`3x4`."""
    return "x".join("?" if size == DYNAMIC_INDEX else str(size) for size in sizes)


def _differ(a: int, b: int) -> bool:
    """Two sizes that are both static and not equal."""
    return DYNAMIC_INDEX not in (a, b) and a != b
