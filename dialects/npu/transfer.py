"""What all transfers between DRAM and scratchpad share: operands, text, rules D1 to D5 and D8."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self, cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    I64,
    DenseArrayBase,
    FloatAttr,
    IndexType,
    IntegerAttr,
    MemRefType,
    StringAttr,
    UnitAttr,
    i64,
)
from xdsl.dialects.utils import get_dynamic_index_list, split_dynamic_index_list
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

from npu.dialects.npu.attrs import SPAD, TokenType
from npu.dialects.npu.box import Box, parse_side, print_box
from npu.dialects.npu.indexed import Indexed, parse_indexed, print_indexed
from npu.dialects.npu.transfer_rules import verify_transfer

Fill = FloatAttr | IntegerAttr
"""The value that elements outside of the tensor have."""


class TransferOp(IRDLOperation):
    """What transfers share: the box of a DRAM tensor, and the view that it is moved to or from.

    Rules:
    - D1: one side is an argument of the kernel, whole; the other a scratchpad view. A load reads
      the argument, a store writes it.
    - D2: both sides have the same element type, and the box has an offset, a size and a step for
      each dimension of the tensor.
    - D3: `permutation` lists different dimensions of the tensor, one for each dimension of the
      view, and their sizes agree where both are constant. A dimension that it leaves out has the
      constant size 1.
    - D4: `fill` belongs to a load and has the element type; `bounds` belongs to a store. A store
      has no step of 0, except along a constant size of 1: elements would be written over.
    - D5: without `fill` or `bounds` the box lies in the tensor; along dimensions that `permutation`
      leaves out it does so in any case. What is constant is verified; of the rest the reference
      executor refuses what is outside, and Spike what is in no memory.
    - D8: `indices` is a scratchpad view of one dimension of i32, one behind the other, as many as
      the box has elements in the dimension `indexed`, which the view walks and in which the box has
      offset 0 and step 1: element i is index `indices[i]` of the tensor there. What is not one of
      the tensor's traps. `from_end` and `combine` belong to it; `combine` to a store of f32 or i32.
    """

    source = operand_def(MemRefType)
    """What is read: the tensor of a load, the view of a store."""

    destination = operand_def(MemRefType)
    """What is written: the view of a load, the tensor of a store."""

    offsets = var_operand_def(IndexType)
    """The offsets that are not constant."""

    sizes = var_operand_def(IndexType)
    """The sizes that are not constant."""

    after = var_operand_def(TokenType)
    """Transfers that are complete before this one starts."""

    indices = opt_operand_def(MemRefType)
    """The indices of one dimension, which come from the scratchpad: a gather, or a scatter."""

    static_offsets = prop_def(DenseArrayBase.constr(i64))
    """The index of the box's first element in each dimension of the tensor; may be outside."""

    static_sizes = prop_def(DenseArrayBase.constr(i64))
    """Elements of the box in each dimension of the tensor; negative is 0, and moves nothing."""

    static_steps = prop_def(DenseArrayBase.constr(i64))
    """From one element to the next in each dimension of the tensor; may be negative or 0."""

    permutation = opt_prop_def(DenseArrayBase.constr(i64))
    """Dimension i of the view walks dimension `permutation[i]` of the tensor; absent = identity."""

    fill = opt_prop_def(FloatAttr | IntegerAttr)
    """What a load gives elements of the box that are outside of the tensor; absent = none are."""

    bounds = opt_prop_def(UnitAttr)
    """A store leaves out elements of the box that are outside of the tensor; absent = none are."""

    indexed = opt_prop_def(IntegerAttr[I64])
    """The dimension of the tensor that `indices` are of."""

    from_end = opt_prop_def(UnitAttr)
    """Indices below 0 count from the end of the dimension: -1 is its last one."""

    combine = opt_prop_def(StringAttr)
    """What an indexed store makes of what is there and what it brings, element by element and in
    order: one of `COMBINES`; absent = the new value."""

    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    IN_BRACES: ClassVar[tuple[str, ...]] = (
        *("permutation", "fill", "bounds"),
        *("from_end", "combine"),
    )
    """Properties that the text has among the attributes, in this order."""

    def __init__(
        self,
        source: SSAValue,
        destination: SSAValue,
        box: Box,
        *,
        permutation: Sequence[int] | None = None,
        fill: Fill | None = None,
        bounds: bool = False,
        after: Sequence[SSAValue] = (),
        by: Indexed | None = None,
        more_properties: Mapping[str, Attribute | None] | None = None,
        result_types: Sequence[Attribute] = (),
    ) -> None:
        static_offsets, offsets = split_dynamic_index_list(box.offsets, DYNAMIC_INDEX)
        static_sizes, sizes = split_dynamic_index_list(box.sizes, DYNAMIC_INDEX)
        identity = permutation is None or list(permutation) == list(range(len(box.sizes)))
        super().__init__(
            operands=[source, destination, offsets, sizes, list(after), by and by.indices],
            result_types=list(result_types),
            properties={
                "static_offsets": DenseArrayBase.from_list(i64, static_offsets),
                "static_sizes": DenseArrayBase.from_list(i64, static_sizes),
                "static_steps": DenseArrayBase.from_list(i64, list(box.steps)),
                "permutation": (
                    None if identity else DenseArrayBase.from_list(i64, list(permutation or ()))
                ),
                "fill": fill,
                "bounds": UnitAttr() if bounds else None,
                **({} if by is None else by.properties),
                **(more_properties or {}),
            },
        )

    @property
    def is_load(self) -> bool:
        """Whether DRAM is read."""
        return _is_spad(self.destination.type)

    @property
    def tensor(self) -> SSAValue:
        """The side in DRAM."""
        return self.source if self.is_load else self.destination

    @property
    def view(self) -> SSAValue:
        """The side in the scratchpad."""
        return self.destination if self.is_load else self.source

    @property
    def tensor_type(self) -> MemRefType[Attribute]:
        """The type of the tensor."""
        return cast(MemRefType[Attribute], self.tensor.type)

    @property
    def view_type(self) -> MemRefType[Attribute]:
        """The type of the view."""
        return cast(MemRefType[Attribute], self.view.type)

    @property
    def box(self) -> Box:
        """The elements of the tensor that are moved."""
        offsets = get_dynamic_index_list(
            self.static_offsets.get_values(), self.offsets, DYNAMIC_INDEX
        )
        sizes = get_dynamic_index_list(self.static_sizes.get_values(), self.sizes, DYNAMIC_INDEX)
        return Box.of(offsets, sizes, self.static_steps.get_values())

    @property
    def by(self) -> Indexed | None:
        """Which dimension has indices of its own, if one has."""
        if self.indices is None or self.indexed is None:
            return None
        return Indexed(
            self.indices,
            self.indexed.value.data,
            from_end=self.from_end is not None,
            combine=None if self.combine is None else self.combine.data,
        )

    @property
    def permuted(self) -> tuple[int, ...]:
        """The dimension of the tensor that each dimension of the view walks."""
        if self.permutation is None:
            return tuple(range(self.tensor_type.get_num_dims()))
        return tuple(int(v) for v in self.permutation.get_values())

    @property
    def is_bounded(self) -> bool:
        """Whether elements of the box may be outside of the tensor."""
        return self.fill is not None or self.bounds is not None

    @override
    def verify_(self) -> None:
        verify_transfer(self)

    @override
    def print(self, printer: Printer) -> None:
        sides = [(self.source, self.is_load), (self.destination, not self.is_load)]
        for separator, (value, in_dram) in zip((" ", " to "), sides, strict=True):
            printer.print_string(separator)
            printer.print_ssa_value(value)
            if in_dram:
                print_box(printer, self.box)
        shown = {name: self.properties[name] for name in self.IN_BRACES if name in self.properties}
        printer.print_op_attributes({**shown, **self.attributes})
        print_indexed(printer, self.by)
        if self.after:
            printer.print_string(" after")
            with printer.in_parens():
                printer.print_list(self.after, printer.print_ssa_value)
        printer.print_string(" : ")
        printer.print_attribute(self.source.type)
        printer.print_string(" to ")
        printer.print_attribute(self.destination.type)

    @classmethod
    @override
    def parse(cls, parser: Parser) -> Self:
        start = parser.pos
        source, source_box = parse_side(parser)
        parser.parse_keyword("to")
        destination, destination_box = parse_side(parser)
        end = parser.pos
        attributes = parser.parse_optional_attr_dict()
        by = parse_indexed(parser)
        after = _parse_after(parser)
        parser.parse_punctuation(":")
        source_type = parser.parse_type()
        parser.parse_keyword("to")
        destination_type = parser.parse_type()
        box = source_box or destination_box
        in_dram = source_type if destination_box is None else destination_type
        if box is None or (source_box and destination_box) or _is_spad(in_dram):
            parser.raise_error(
                f"D1: {cls.name} has one box, `[offsets] sizes [...]`, behind its side in DRAM",
                start,
                end,
            )
        op = cls(
            parser.resolve_operand(source, source_type),
            parser.resolve_operand(destination, destination_type),
            box.resolve(parser),
            after=after,
            by=by,
        )
        for name, attribute in attributes.items():
            holder = op.properties if name in cls.IN_BRACES else op.attributes
            holder[name] = attribute
        return op


def _parse_after(parser: Parser) -> list[SSAValue]:
    if not parser.parse_optional_keyword("after"):
        return []
    names = parser.parse_comma_separated_list(
        parser.Delimiter.PAREN, parser.parse_unresolved_operand
    )
    return [parser.resolve_operand(name, TokenType()) for name in names]


def _is_spad(type_: Attribute) -> bool:
    return isinstance(type_, MemRefType) and type_.memory_space == SPAD
