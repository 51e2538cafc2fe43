"""`npu` operations inside kernels: scratchpad buffers, DMA, array and vector computation."""

from collections.abc import Sequence
from typing import cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    MemRefType,
    StringAttr,
    i1,
    i64,
)
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsTerminator
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu_attrs import SPAD, TokenType, WeightsType
from npu.dialects.npu_host import KernelOp, YieldOp

MAX_DMA_RANK = 4
"""Dimensions of one DMA descriptor."""


@irdl_op_definition
class AllocOp(IRDLOperation):
    """A scratchpad buffer with a fixed number of slots.

    ```mlir
    %A = npu.alloc {offset = 0 : i64} : memref<2x256x128xf32, "spad">
    ```

    Rules:
    - A1: a memref of static shape and default layout in memory space "spad", of rank >= 2.
    - A2: `offset`, once placed, is a multiple of 64 bytes and not negative.
    """

    name = "npu.alloc"

    offset = opt_prop_def(IntegerAttr)
    """Bytes from the start of the scratchpad; set by `npu-place`."""

    buffer = result_def(MemRefType)
    """slots x tile shape, row-major."""

    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "attr-dict `:` type($buffer)"

    def __init__(self, type_: MemRefType[Attribute], offset: int | None = None) -> None:
        properties = {} if offset is None else {"offset": IntegerAttr(offset, i64)}
        super().__init__(result_types=[type_], properties=properties)

    @override
    def verify_(self) -> None:
        type_ = self.buffer.type
        if type_.memory_space != SPAD or not type_.has_static_shape() or type_.get_num_dims() < 2:
            raise VerifyException(
                f'A1: npu.alloc gives a memref<slots x shape, "spad"> of static shape, got {type_}'
            )
        if self.offset is None:
            return
        if self.offset.value.data % 64 or self.offset.value.data < 0:
            raise VerifyException(
                "A2: the scratchpad offset must be a non-negative multiple of 64 bytes, "
                f"got {self.offset.value.data}"
            )


@irdl_op_definition
class ParallelOp(IRDLOperation):
    """Outermost loops whose iterations are independent; work item w runs on core w mod num_cores.

    ```mlir
    npu.parallel (%i, %j) = (0, 0) to (516, 224) step (256, 224) { ... }
    ```

    Work items are numbered row-major, the last dimension fastest.

    Rules:
    - P1: lower bounds, upper bounds, steps and induction variables have the same number >= 1.
    - P2: steps are positive and no upper bound lies below its lower bound.
    - P3: it stands directly in an `npu.kernel`.
    """

    name = "npu.parallel"

    lower = prop_def(DenseArrayBase.constr(i64))
    """Lower bounds, inclusive."""

    upper = prop_def(DenseArrayBase.constr(i64))
    """Upper bounds, exclusive."""

    step = prop_def(DenseArrayBase.constr(i64))
    """Steps."""

    body = region_def("single_block")

    def __init__(
        self, lower: Sequence[int], upper: Sequence[int], step: Sequence[int], body: Region
    ) -> None:
        super().__init__(
            regions=[body],
            properties={
                "lower": DenseArrayBase.from_list(i64, list(lower)),
                "upper": DenseArrayBase.from_list(i64, list(upper)),
                "step": DenseArrayBase.from_list(i64, list(step)),
            },
        )

    @property
    def bounds(self) -> list[tuple[int, int, int]]:
        """(lower, upper, step) of each dimension, outermost first."""
        return [
            (int(a), int(b), int(c))
            for a, b, c in zip(
                self.lower.get_values(),
                self.upper.get_values(),
                self.step.get_values(),
                strict=True,
            )
        ]

    @classmethod
    @override
    def parse(cls, parser: Parser) -> "ParallelOp":
        unresolved = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parser.parse_argument(expect_type=False)
        )
        ivs = [argument.resolve(IndexType()) for argument in unresolved]
        parser.parse_punctuation("=")
        lower = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_integer)
        parser.parse_keyword("to")
        upper = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_integer)
        parser.parse_keyword("step")
        step = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_integer)
        region = parser.parse_region(ivs)
        _ensure_yield(region)
        op = cls(lower, upper, step, region)
        attributes = parser.parse_optional_attr_dict_with_keyword()
        if attributes is not None:
            op.attributes.update(attributes.data)
        return op

    @override
    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        with printer.in_parens():
            printer.print_list(self.body.block.args, printer.print_ssa_value)
        printer.print_string(" = ")
        for separator, values in (("", self.lower), (" to ", self.upper), (" step ", self.step)):
            printer.print_string(separator)
            with printer.in_parens():
                printer.print_list(values.get_values(), lambda v: printer.print_string(str(v)))
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False, print_block_terminators=False)
        printer.print_op_attributes(self.attributes, print_keyword=True)

    @override
    def verify_(self) -> None:
        args = self.body.block.args
        counts = {len(args), len(self.lower), len(self.upper), len(self.step)}
        if len(counts) != 1 or len(args) == 0:
            raise VerifyException(
                "P1: npu.parallel needs as many lower bounds, upper bounds and steps as "
                f"induction variables, at least one; got {len(args)} variables, "
                f"{len(self.lower)}, {len(self.upper)} and {len(self.step)}"
            )
        if any(step < 1 or upper < lower for lower, upper, step in self.bounds):
            raise VerifyException(
                f"P2: steps must be positive and bounds ascending, got {self.bounds}"
            )
        if not isinstance(self.parent_op(), KernelOp):
            raise VerifyException("P3: npu.parallel must stand directly in an npu.kernel")


class _DmaOp(IRDLOperation):
    """What loads and stores share: rank, shape and memory-space rules.

    - D1: one side is in DRAM (no memory space), the other in the scratchpad ("spad").
    - D2: both sides have the same element type and the same rank, 1 to 4.
    - D3: `permutation` is a permutation of the destination's dimensions, and static sizes agree
      under it: destination dimension i walks source dimension `permutation[i]`.
    """

    source = operand_def(MemRefType)
    """The view that is read."""

    destination = operand_def(MemRefType)
    """The view that is written."""

    permutation = opt_prop_def(DenseArrayBase.constr(i64))
    """Destination dimension i walks source dimension `permutation[i]`; absent = identity."""

    token = result_def(TokenType)
    """Completes when the last byte has arrived."""

    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$source `to` $destination attr-dict `:` type($source) `to` type($destination)"
    )

    def __init__(
        self, source: SSAValue, destination: SSAValue, permutation: Sequence[int] | None = None
    ) -> None:
        properties: dict[str, Attribute] = {}
        if permutation is not None and list(permutation) != list(range(len(permutation))):
            properties["permutation"] = DenseArrayBase.from_list(i64, list(permutation))
        super().__init__(
            operands=[source, destination],
            result_types=[TokenType()],
            properties=properties,
        )

    @property
    def source_type(self) -> MemRefType[Attribute]:
        """The type of the view that is read."""
        return cast(MemRefType[Attribute], self.source.type)

    @property
    def destination_type(self) -> MemRefType[Attribute]:
        """The type of the view that is written."""
        return cast(MemRefType[Attribute], self.destination.type)

    @property
    def permuted(self) -> tuple[int, ...]:
        """`permutation` as integers, the identity if absent."""
        if self.permutation is None:
            return tuple(range(self.destination_type.get_num_dims()))
        return tuple(int(v) for v in self.permutation.get_values())

    @override
    def verify_(self) -> None:
        source, destination = self.source_type, self.destination_type
        into_spad = isinstance(self, DmaLoadOp)
        dram, spad = (source, destination) if into_spad else (destination, source)
        if dram.memory_space == SPAD or spad.memory_space != SPAD:
            raise VerifyException(
                f"D1: {self.name} moves between DRAM and the scratchpad, got "
                f"{source} to {destination}"
            )
        ranks = (source.get_num_dims(), destination.get_num_dims())
        if (
            ranks[0] != ranks[1]
            or not 1 <= ranks[0] <= MAX_DMA_RANK
            or source.element_type != destination.element_type
        ):
            raise VerifyException(
                f"D2: both sides need the same element type and the same rank, 1 to "
                f"{MAX_DMA_RANK}; got {source} to {destination}"
            )
        self._verify_permutation(source.get_shape(), destination.get_shape())

    def _verify_permutation(self, source: Sequence[int], destination: Sequence[int]) -> None:
        if sorted(self.permuted) != list(range(len(destination))):
            raise VerifyException(
                f"D3: {list(self.permuted)} is not a permutation of {len(destination)} dimensions"
            )
        for position, walked in enumerate(self.permuted):
            sizes = (source[walked], destination[position])
            if DYNAMIC_INDEX not in sizes and sizes[0] != sizes[1]:
                raise VerifyException(
                    f"D3: destination dimension {position} has {sizes[1]} elements but walks "
                    f"source dimension {walked} of {sizes[0]}"
                )


@irdl_op_definition
class DmaLoadOp(_DmaOp):
    """DRAM -> scratchpad, asynchronous. Rules D1 to D3."""

    name = "npu.dma_load"


@irdl_op_definition
class DmaStoreOp(_DmaOp):
    """Scratchpad -> DRAM, asynchronous. Rules D1 to D3."""

    name = "npu.dma_store"


@irdl_op_definition
class WaitOp(IRDLOperation):
    """Holds the computation behind it until a transfer is complete; DMA behind it goes on."""

    name = "npu.wait"

    token = operand_def(TokenType)
    """The transfer to wait for."""

    assembly_format = "$token attr-dict"

    def __init__(self, token: SSAValue) -> None:
        super().__init__(operands=[token])


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

    Rules:
    - X1: rows (m x k) and accumulator (m x n) are rank-2 scratchpad views of f32.
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
        _verify_matrix(self.rows.type, "X1: the rows")
        _verify_matrix(self.accumulator.type, "X1: the accumulator")
        preload = self.weights.owner
        if not isinstance(preload, PreloadOp):
            raise VerifyException("X2: the weights of npu.matmul come from an npu.preload")
        m, k = cast(MemRefType[Attribute], self.rows.type).get_shape()
        wk, wn = cast(MemRefType[Attribute], preload.source.type).get_shape()
        am, an = cast(MemRefType[Attribute], self.accumulator.type).get_shape()
        if any(_differ(a, b) for a, b in ((m, am), (k, wk), (wn, an))):
            raise VerifyException(f"X2: {m}x{k} rows times {wk}x{wn} weights do not give {am}x{an}")


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


def _verify_matrix(type_: Attribute, what: str) -> None:
    """Raises unless `type_` is a rank-2 scratchpad memref."""
    memref = cast(MemRefType[Attribute], type_)
    if memref.memory_space != SPAD or memref.get_num_dims() != 2:
        raise VerifyException(f"{what} must be a rank-2 scratchpad view, got {type_}")


def _differ(a: int, b: int) -> bool:
    """Two sizes that are both static and not equal."""
    return DYNAMIC_INDEX not in (a, b) and a != b


def _ensure_yield(region: Region) -> None:
    """Adds the terminator that the custom syntax leaves out."""
    block = region.block
    last = block.last_op
    if last is None or not last.has_trait(IsTerminator):
        block.add_op(YieldOp())


def empty_body(argument_types: Sequence[Attribute]) -> Region:
    """A region of one block with these arguments."""
    return Region(Block(arg_types=argument_types))
