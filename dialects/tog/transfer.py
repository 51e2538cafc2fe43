"""What `tog` loads and stores share: the walk through DRAM, the rectangle, their text and rules."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    MemRefType,
    UnitAttr,
    i64,
)
from xdsl.ir import BlockArgument, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dma_descriptor import MAX_DIMS
from npu.dialects.npu.attrs import SPAD
from npu.dialects.tog.attrs import (
    VERSION,
    VERSION_ATTRIBUTE,
    ParsedAccess,
    RectangleAttr,
    TokenType,
    parse_defined,
    print_access,
    rectangle,
)
from npu.dialects.tog.expr import Alternatives, ExprParser, print_expr
from npu.dialects.tog.indexed import (
    IndexedBy,
    IndicesAttr,
    ParsedBy,
    print_by,
    verify_by,
)
from npu.dialects.tog.verify import (
    verify_access,
    verify_expressions,
    verify_single,
    version_of,
)
from npu.dialects.tog.walk_dims import BoundsAttr, ParsedDim, WalkDim, parse_dim, print_dim
from npu.dialects.tog.walks import verify_bounds, verify_walk


class TransferOp(IRDLOperation):
    """What loads and stores share.

    Rules:
    - TD1: `tensor` is an argument of the graph, and `buffer` has its element type.
    - TD2: 1 to 4 dimensions, each with a size, a stride and, if it has any, bounds.
    - TD3: in the first and in the last iteration of the loops around it, the walk has as many
      elements as the rectangle, with those outside its bounds. (In the others the simulator checks
      it.)
    - TD4: no dimension is empty in every iteration, before its bounds are looked at.
    - TD5: in the iterations of TD3, what of a walk is within its bounds stays within its tensor.
    - TD6: an extent is at least 1, and a stride so many times a whole number as the step says.
    - TD7: in a module of version 1 a transfer has neither bounds nor `after`.
    - TD8: at most one dimension has indices, which are i32 of an argument, and `by` is their
      rectangle in a buffer of i32; its extent is at least 1 and its stride at least 0. `combining`
      is for a store that has them.
    - TE1 to TE3 of expressions, TA1 of accesses.
    """

    tensor = operand_def(MemRefType)
    """The DRAM tensor."""

    buffer = operand_def(MemRefType)
    """The scratchpad buffer."""

    ivs = var_operand_def(IndexType)
    """The induction variables that the expressions are over."""

    after = var_operand_def(TokenType)
    """The transfers that must be complete before its first request leaves."""

    index_source = opt_operand_def(MemRefType)
    """The argument that holds the indices of one dimension."""

    index_buffer = opt_operand_def(MemRefType)
    """The scratchpad buffer that they were loaded to."""

    offset = prop_def(AffineMapAttr)
    """Bytes from the tensor's start to the first element, which bounds may leave outside."""

    sizes = prop_def(ArrayAttr[AffineMapAttr])
    """Elements of each dimension of the DRAM side in the order of the walk, outermost first."""

    strides = prop_def(DenseArrayBase.constr(i64))
    """Bytes from one element to the next in each of these dimensions, with the step."""

    bounds = opt_prop_def(ArrayAttr[BoundsAttr | IndicesAttr | UnitAttr])
    """Where each of these dimensions lies in the tensor; `unit` where all its elements exist."""

    index_access = opt_prop_def(RectangleAttr)
    """The rectangle of `index_buffer`."""

    combining = opt_prop_def(UnitAttr)
    """Whether a store with indices reads what is there, too."""

    access = prop_def(RectangleAttr)
    """The rectangle of `buffer`."""

    token = result_def(TokenType)
    """Ready when the transfer is complete."""

    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def __init__(
        self,
        tensor: SSAValue,
        buffer: SSAValue,
        ivs: Sequence[SSAValue],
        offset: AffineMapAttr,
        dims: Sequence[WalkDim],
        access: RectangleAttr,
        after: Sequence[SSAValue] = (),
        by: IndexedBy | None = None,
    ) -> None:
        bounds = [UnitAttr() if dim.bounds is None else dim.bounds for dim in dims]
        is_bounded = any(dim.bounds is not None for dim in dims)
        super().__init__(
            operands=[
                *(tensor, buffer, list(ivs), list(after)),
                *(by.operands if by is not None else [None, None]),
            ],
            result_types=[TokenType()],
            properties={
                "offset": offset,
                "sizes": ArrayAttr([dim.size for dim in dims]),
                "strides": DenseArrayBase.from_list(i64, [dim.stride for dim in dims]),
                "bounds": ArrayAttr(bounds) if is_bounded else None,
                "access": access,
                "index_access": None if by is None else by.access,
                "combining": UnitAttr() if by is not None and by.combines else None,
            },
        )

    @property
    def tensor_type(self) -> MemRefType[Any]:
        """The type of the DRAM tensor."""
        return cast(MemRefType[Any], self.tensor.type)

    @property
    def argument(self) -> int:
        """Which argument of the graph `tensor` is."""
        return cast(BlockArgument, self.tensor).index

    @property
    def by(self) -> IndexedBy | None:
        """Where the indices of a dimension come from, if one has some."""
        if self.index_source is None or self.index_buffer is None or self.index_access is None:
            return None
        combines = self.combining is not None
        return IndexedBy(self.index_source, self.index_buffer, self.index_access, combines)

    @property
    def dims(self) -> tuple[WalkDim, ...]:
        """The dimensions of the DRAM side, outermost first."""
        bounds = [None] * len(self.sizes) if self.bounds is None else self.bounds.data
        return tuple(
            WalkDim(size, int(stride), None if isinstance(within, UnitAttr | None) else within)
            for size, stride, within in zip(
                self.sizes.data, self.strides.get_values(), bounds, strict=True
            )
        )

    @override
    def verify_(self) -> None:
        is_argument = isinstance(self.tensor, BlockArgument)
        buffer_type = cast(MemRefType[Any], self.buffer.type)
        if (
            not is_argument
            or self.tensor_type.memory_space == SPAD
            or self.tensor_type.element_type != buffer_type.element_type
        ):
            raise VerifyException(
                f"TD1: {self.name} moves between an argument of the graph and a buffer of the same "
                f"element type, got {self.tensor_type} and {buffer_type}"
            )
        self._verify_counts()
        verify_expressions(self, self.ivs, (self.offset, *self.sizes.data, *self.access.maps))
        verify_single("the DRAM offset", self.offset)
        verify_access(self.buffer, self.access)
        dims = self.dims
        verify_bounds(self, self.ivs, dims)
        verify_by(self)
        if (self.bounds is not None or self.after) and version_of(self) == 1:
            raise VerifyException(
                "TD7: a transfer in a module of version 1 has neither bounds nor `after`; "
                f"write {VERSION_ATTRIBUTE} = {VERSION}"
            )
        verify_walk(self, self.tensor_type, self.offset, dims, self.access, self.ivs)

    def _verify_counts(self) -> None:
        counts = {len(self.sizes), len(self.strides)}
        if self.bounds is not None:
            counts.add(len(self.bounds))
        if len(counts) != 1 or not 1 <= len(self.strides) <= MAX_DIMS:
            raise VerifyException(
                f"TD2: a transfer has 1 to {MAX_DIMS} dimensions, each with a size, a stride and, "
                f"if there are any, bounds; got {len(self.sizes)} sizes, {len(self.strides)} "
                f"strides and {0 if self.bounds is None else len(self.bounds)} bounds"
            )

    def print_dram(self, printer: Printer) -> None:
        """`%tensor at offset walk [dimension, ...]`."""
        printer.print_ssa_value(self.tensor)
        printer.print_string(" at ")
        print_expr(printer, self.offset, self.ivs)
        printer.print_string(" walk ")

        with printer.in_square_brackets():
            printer.print_list(
                self.dims, lambda dim: print_dim(printer, dim, self.ivs, self.index_source)
            )

    def print_spad(self, printer: Printer) -> None:
        """`%buffer slot(...)[...][...]`."""
        print_access(printer, self.buffer, self.access, self.ivs)

    def print_after(self, printer: Printer) -> None:
        """` by %buffer[...][...] after (%token, ...)`, nothing without indices and tokens."""
        print_by(printer, self.by, self.ivs)
        if not self.after:
            return
        printer.print_string(" after ")
        with printer.in_parens():
            printer.print_list(self.after, printer.print_ssa_value)


class Parts(NamedTuple):
    """What a transfer's text says of the DRAM: tensor, offset, dimensions."""

    tensor: SSAValue
    offset: Alternatives
    dims: list[ParsedDim]

    @property
    def has_indices(self) -> bool:
        """Whether the indices of a dimension are data."""
        return any(dim.indices is not None for dim in self.dims)


def parse_dram(parser: Parser, exprs: ExprParser) -> Parts:
    """What `print_dram` prints."""
    tensor = parse_defined(parser)
    parser.parse_keyword("at")
    offset = exprs.expr()
    parser.parse_keyword("walk")
    dims = parser.parse_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: parse_dim(parser, exprs)
    )
    return Parts(tensor, offset, dims)


def parse_after(parser: Parser) -> list[SSAValue]:
    """What `print_after` prints."""
    if parser.parse_optional_keyword("after") is None:
        return []
    return parser.parse_comma_separated_list(
        parser.Delimiter.PAREN, lambda: parser.parse_operand(TokenType())
    )


def arguments(
    dram: Parts,
    access: ParsedAccess,
    exprs: ExprParser,
    by: ParsedBy | None,
    after: Sequence[SSAValue],
) -> tuple[Any, ...]:
    """The constructor's arguments from what was parsed."""
    source = next((dim.indices[0] for dim in dram.dims if dim.indices is not None), None)
    return (
        dram.tensor,
        access[0],
        exprs.ivs,
        exprs.attribute(dram.offset),
        [dim.stored(exprs) for dim in dram.dims],
        rectangle(access, exprs),
        after,
        None if by is None or source is None else by.stored(source, exprs),
    )
