"""Where operations stand in the text that they were read from."""

from __future__ import annotations

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, StringAttr, UnknownLoc
from xdsl.ir import Operation
from xdsl.parser import Parser


class PlacedParser(Parser):
    """xDSL's parser, whose operations keep the line where they begin, unless the text says one."""

    def __init__(self, context: Context, text: str, name: str, first_line: int = 1) -> None:
        super().__init__(context, text, name)
        self._text = text
        self._file = StringAttr(name)
        self._position = 0
        self.line = first_line
        """Where the operation begins that was begun last."""

    @override
    def parse_operation(self) -> Operation:
        start = self._current_token.span.start
        self.line += self._text.count("\n", self._position, start)
        self._position = start
        line = self.line
        column = start - self._text.rfind("\n", 0, start)
        op = super().parse_operation()
        if isinstance(op.location, UnknownLoc):
            op.location = FileLineColLoc(self._file, IntAttr(line), IntAttr(column))
        return op


def place(op: Operation) -> str:
    """`file:line: ` of an operation, or of the nearest one around it that has a place."""
    around: Operation | None = op
    while around is not None:
        if isinstance(around.location, FileLineColLoc):
            return f"{around.location.filename.data}:{around.location.line.data}: "
        around = around.parent_op()
    return ""
