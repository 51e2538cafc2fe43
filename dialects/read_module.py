"""Reads a text of MLIR: operations with their places, values defined ahead of their uses."""

from __future__ import annotations

import re

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import VerifyException

from npu.configs.errors import UserError
from npu.configs.short import reason
from npu.dialects.dominance import check_dominance
from npu.dialects.places import PlacedParser
from npu.dialects.source_text_check import check_characters

_COMMENT = re.compile(r"//[^\n]*")


def read_module(context: Context, content: bytes, name: str, first_line: int = 1) -> ModuleOp:
    """The module that `content` says; `name` is for messages, in which lines begin at `first_line`.

    Raises `UserError`, and xDSL's `ParseError` for a mistake of syntax.
    """
    text = _decoded(content, name, first_line)
    check_characters(text, name, first_line)
    if not _COMMENT.sub("", text).strip():
        raise UserError(f"{name}: holds no operation; expected MLIR, such as a func.func")
    parser: PlacedParser | None = None
    try:
        parser = PlacedParser(context, text, name, first_line)
        module = parser.parse_module()
    except RecursionError as error:
        raise UserError(
            f"{name}: regions are nested too deeply to read; expected a few levels, as the passes "
            "leave them"
        ) from error
    except VerifyException as error:
        raise VerifyException(f"{name}:{_line(parser, first_line)}: {reason(error)}") from error
    except (ValueError, OverflowError) as error:  # numbers that no type holds
        raise UserError(
            f"{name}:{_line(parser, first_line)}: {reason(error)}; expected numbers that fit their "
            "place"
        ) from error
    check_dominance(module)
    return module


def _line(parser: PlacedParser | None, first_line: int) -> int:
    """Where the operation begins that was begun last."""
    return first_line if parser is None else parser.line


def _decoded(content: bytes, name: str, first_line: int) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = first_line + content.count(b"\n", 0, error.start)
        raise UserError(f"{name}:{line}: not text ({error}); expected MLIR in UTF-8") from error
