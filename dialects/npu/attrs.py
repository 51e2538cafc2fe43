"""Types and attributes of the `npu` dialect."""

from collections.abc import Sequence

from typing_extensions import override
from xdsl.dialects.builtin import DenseArrayBase, IntegerType, StringAttr, i64
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

SPAD_ALIGNMENT = 64
"""Scratchpad buffers start at multiples of so many bytes (rule A2)."""

SPAD = StringAttr("spad")
"""The memory space of scratchpad buffers; DRAM buffers carry none."""


@irdl_attr_definition
class TokenType(ParametrizedAttribute, TypeAttribute):
    """Completion of one DMA transfer: `npu.wait` and nothing else takes it."""

    name = "npu.token"


@irdl_attr_definition
class WeightsType(ParametrizedAttribute, TypeAttribute):
    """A k x n weight tile held by a systolic array between `npu.preload` and `npu.matmul`."""

    name = "npu.weights"


@irdl_attr_definition
class MappingAttr(ParametrizedAttribute):
    """How a group is cut into tiles.

    ```
    #npu.mapping<tile = [256, 224, 128], subtile = [128, 224, 128], order = [0, 1, 2], buffers = 2>
    ```

    All lists are indexed by the iteration dimension of the group's root operation. A convolution
    may name its strategy behind that, `strategy = folded`.
    """

    name = "npu.mapping"

    tile: DenseArrayBase[IntegerType]
    """Elements of each dimension held in the scratchpad at once, >= 1; tails are exact."""

    subtile: DenseArrayBase[IntegerType]
    """Elements of each dimension moved by one DMA instruction; divides into `tile`, <= `tile`."""

    order: DenseArrayBase[IntegerType]
    """The tile loops from outermost to innermost, a permutation of the dimensions."""

    buffers: DenseArrayBase[IntegerType]
    """One number: slots of each streamed operand; 1 = no overlap, 2 = double buffering."""

    strategy: StringAttr
    """How a convolution's taps and rows meet the arrays (docs/mapping.md); empty for what is no
    convolution."""

    def __init__(
        self,
        tile: Sequence[int] | DenseArrayBase[IntegerType],
        subtile: Sequence[int] | DenseArrayBase[IntegerType],
        order: Sequence[int] | DenseArrayBase[IntegerType],
        buffers: int | DenseArrayBase[IntegerType],
        strategy: str | StringAttr = "",
    ) -> None:
        numbers = [buffers] if isinstance(buffers, int) else buffers
        name = StringAttr(strategy) if isinstance(strategy, str) else strategy
        super().__init__(_array(tile), _array(subtile), _array(order), _array(numbers), name)

    @property
    def tile_sizes(self) -> tuple[int, ...]:
        """`tile` as plain integers."""
        return self.tile.get_values()

    @property
    def subtile_sizes(self) -> tuple[int, ...]:
        """`subtile` as plain integers."""
        return self.subtile.get_values()

    @property
    def loop_order(self) -> tuple[int, ...]:
        """`order` as plain integers."""
        return self.order.get_values()

    @property
    def slots(self) -> int:
        """`buffers` as a plain integer."""
        return self.buffers.get_values()[0]

    @override
    def verify(self) -> None:
        tile, subtile, order = self.tile_sizes, self.subtile_sizes, self.loop_order
        if not len(tile) == len(subtile) == len(order):
            raise VerifyException(
                "M1: tile, subtile and order need one entry per iteration dimension, "
                f"got {len(tile)}, {len(subtile)} and {len(order)}"
            )
        if any(t < 1 for t in tile):
            raise VerifyException(f"M2: every tile size must be at least 1, got {list(tile)}")
        if any(not 1 <= s <= t for s, t in zip(subtile, tile, strict=True)):
            raise VerifyException(
                f"M3: every subtile must lie between 1 and its tile, got subtile {list(subtile)} "
                f"for tile {list(tile)}"
            )
        if sorted(order) != list(range(len(order))):
            raise VerifyException(
                f"M4: order must be a permutation of the dimensions, got {list(order)}"
            )
        if len(self.buffers) != 1 or not 1 <= self.slots <= 3:
            raise VerifyException("M5: buffers must be one number between 1 and 3")

    @classmethod
    @override
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            values: list[list[int]] = []
            for key in ("tile", "subtile", "order"):
                parser.parse_identifier(key)
                parser.parse_punctuation("=")
                values.append(
                    parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)
                )
                parser.parse_punctuation(",")
            parser.parse_identifier("buffers")
            parser.parse_punctuation("=")
            values.append([parser.parse_integer()])
            strategy = ""
            if parser.parse_optional_punctuation(","):
                parser.parse_identifier("strategy")
                parser.parse_punctuation("=")
                strategy = parser.parse_identifier()
        return [*(_array(v) for v in values), StringAttr(strategy)]

    @override
    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(
                f"tile = {list(self.tile_sizes)}, subtile = {list(self.subtile_sizes)}, "
                f"order = {list(self.loop_order)}, buffers = {self.slots}"
            )
            if self.strategy.data:
                printer.print_string(f", strategy = {self.strategy.data}")


def _array(values: Sequence[int] | DenseArrayBase[IntegerType]) -> DenseArrayBase[IntegerType]:
    """A dense array of 64-bit integers."""
    if isinstance(values, DenseArrayBase):
        return values
    return DenseArrayBase.from_list(i64, list(values))
