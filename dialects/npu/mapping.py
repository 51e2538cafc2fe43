"""`#npu.mapping`: a tree of loops, buffers and stages (`npu.dialects.mapping`) as an attribute."""

from collections.abc import Iterator

from typing_extensions import override
from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from npu.dialects.mapping import Hold, Loop, Mapping, Node, Run, Scope


@irdl_attr_definition
class MappingAttr(Data[Mapping]):
    """How a group is cut into tiles: loops, buffers and stages, outermost first.

    ```
    #npu.mapping<par m 384, par n 224 by 128, hold acc 2, [for k 244 by 128, hold rows 2,
                 hold weights 2, run arrays], hold in 2, hold out 2, run vector>
    ```

    Each entry is around those behind it in its list; what a list in brackets opens, it closes. A
    convolution may name its strategy at the end, `strategy = folded`. docs/mapping.md says what the
    names are.

    | entry | meaning |
    |---|---|
    | `par D T by P` | independent iterations over tiles of T of dimension D, moved P at a time |
    | `for D T by P` | the same where an iteration adds to what the one before left |
    | `hold O B` | B buffers for the tiles of operand O, used in turn; here a tile begins |
    | `run S` | stage S of the group |

    Where `by` is left out, the whole tile is moved at once.

    Rules:
    - M1: every tile is at least 1.
    - M2: pieces lie between 1 and their tile.
    - M3: no loop stands in one over the same dimension.
    - M4: an operand has 1 to 3 buffers.
    - M5: every operand is held once.
    """

    name = "npu.mapping"

    @override
    def verify(self) -> None:
        fault = self.data.fault()
        if fault is not None:
            raise VerifyException(fault)

    @classmethod
    @override
    def parse_parameter(cls, parser: AttrParser) -> Mapping:
        with parser.in_angle_brackets():
            nest: list[Node] = []
            strategy = ""
            while True:
                if parser.parse_optional_keyword("strategy"):
                    parser.parse_punctuation("=")
                    strategy = parser.parse_identifier()
                    break
                nest.append(_node(parser))
                if not parser.parse_optional_punctuation(","):
                    break
        return Mapping(tuple(nest), strategy)

    @override
    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(str(self.data))


def _node(parser: AttrParser) -> Node:
    """One entry of a list."""
    if parser.parse_optional_punctuation("["):
        nodes = list(_rest(parser))
        parser.parse_punctuation("]")
        return Scope(tuple(nodes))
    place, keyword = parser.pos, parser.parse_identifier()
    match keyword:
        case "par" | "for":
            dim, tile = parser.parse_identifier(), _number(parser)
            piece = _number(parser) if parser.parse_optional_keyword("by") else tile
            return Loop(dim, tile, piece, keyword == "par")
        case "hold":
            return Hold(parser.parse_identifier(), _number(parser))
        case "run":
            return Run(parser.parse_identifier())
        case _:
            expected = "expected par, for, hold, run or ["
            return parser.raise_error(f"'{keyword}' begins no entry; {expected}", place)


def _number(parser: AttrParser) -> int:
    return parser.parse_integer(allow_boolean=False)


def _rest(parser: AttrParser) -> Iterator[Node]:
    """The entries of a list, which has one at least."""
    yield _node(parser)
    while parser.parse_optional_punctuation(","):
        yield _node(parser)
