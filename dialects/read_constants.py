"""How xDSL's parser reads constants, mended: see `npu.dialects.mend_xdsl`.

Each function takes a method of xDSL's parser and returns the one that stands in its place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

from xdsl.dialects.builtin import AnyFloat, DenseArrayBase, DenseIntOrFPElementsAttr, FloatAttr
from xdsl.utils.exceptions import VerifyException

from npu.dialects import dense_text
from npu.dialects.bit_patterns import NO_SIGN, from_bits, is_pattern

Method = Callable[..., Any]

LIMIT = 2**30
"""Bytes of one constant: xDSL keeps every element, so that a short text could take all memory."""

PATTERN = re.compile(r"(-?)\s*0x[0-9a-fA-F]+")
"""A bit pattern, or a whole number in hexadecimal, and its sign."""

_BYTES_WITHOUT_PREFIX = re.compile(r'\s*"(?!0x)')

_UNREADABLE = (OverflowError, RuntimeError, ValueError)
"""What xDSL fails with on a number of its type; RuntimeError where it knows no values of it."""


def element_value(stock: Method) -> Method:
    """One element of a ``dense`` list; a complex one has two numbers."""

    def to_type(element: Any, parser: Any, type_: Any) -> Any:
        text: str = element.span.text
        part_type: Any = getattr(type_, "element_type", type_)
        if not isinstance(part_type, AnyFloat) or not is_pattern(text):
            return stock(element, parser, type_)
        try:
            parts = [_number(part.strip(), part_type) for part in text.strip("()").split(",")]
        except ValueError as error:
            _fail(parser, str(error), element.span.start, element.span.end)
        return tuple(parts) if isinstance(element.value, tuple) else parts[0]

    return to_type


def _number(text: str, type_: Any) -> float:
    return from_bits(text, type_) if is_pattern(text) else float(text)


def _fail(parser: Any, message: str, start: int, end: int) -> NoReturn:
    """Raises xDSL's error about the text from ``start`` to ``end``."""
    parser.raise_error(message, start, end)
    raise AssertionError


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        raise error
    if isinstance(error, RuntimeError):
        return "Values of this type are not supported"
    return "Expected a number that fits its type; an infinity is a bit pattern, 0x7F800000 as f32"


def dense_attr(stock: Method) -> Method:
    """``<...>`` of a dense attribute: long plain lists quickly, bytes only with their ``0x``."""

    def parse(parser: Any, type_: Any) -> Any:
        here = parser._current_token.span
        content = here.input.content
        if _BYTES_WITHOUT_PREFIX.match(content, here.end):
            parser.raise_error('Expected the bytes of a dense attribute to begin with "0x')
        text = dense_text.plain_list(content, here.end)
        try:
            return stock(parser, type_) if text is None else _long_list(parser, type_, text)
        except _UNREADABLE as error:
            _fail(parser, _why(error), here.start, parser.pos)

    return parse


def _long_list(parser: Any, type_: Any, text: str) -> Any:
    start = parser._current_token.span.end
    parser._resume_from(start + len(text))
    parser.parse_punctuation(">", " in dense attribute")
    if type_ is None:
        parser.parse_punctuation(":", " in dense attribute")
        type_ = parser._parse_dense_literal_type()
    if not dense_text.has_shape(text, type_.get_shape()):
        _fail(parser, f"Expected a list in brackets of the shape of {type_}", start, parser.pos)
    try:
        values = dense_text.values(text, type_.element_type)
    except (ValueError, VerifyException) as error:
        _fail(parser, str(error), start, parser.pos)
    return DenseIntOrFPElementsAttr.from_list(type_, values)


def limited_type(stock: Method) -> Method:
    """The type of a dense attribute, if memory has room for that many elements."""

    def parse(parser: Any) -> Any:
        start = parser.pos
        type_ = stock(parser)
        size = math.prod(type_.get_shape()) * type_.element_type.compile_time_size
        if size > LIMIT:
            parser.raise_error(
                f"Expected a constant of at most {LIMIT:,} bytes, this one has {size:,}; "
                "fill a tensor with linalg.fill, or pass it as an argument",
                start,
                parser.pos,
            )
        return type_

    return parse


def scalar_attr(stock: Method) -> Method:
    """A number and its type."""

    def parse(parser: Any) -> Any:
        start = parser.pos
        pattern = PATTERN.match(parser._current_token.span.input.content, start)
        try:
            found = stock(parser)
        except _UNREADABLE as error:
            _fail(parser, _why(error), start, parser.pos)
        if pattern and pattern[1] and found.name == FloatAttr.name:
            _fail(parser, NO_SIGN, start, parser.pos)
        return found

    return parse


def float_attr(parser: Any, type_: Any) -> Any:
    """A number of a float type that stands elsewhere, bit patterns included."""
    start = parser.pos
    pattern = PATTERN.match(parser._current_token.span.input.content, start)
    if pattern is None:
        return FloatAttr(parser.parse_float(), type_)
    parser.parse_integer()
    try:
        return FloatAttr(from_bits(pattern[0], type_), type_)
    except ValueError as error:
        _fail(parser, str(error), start, parser.pos)


def array_attr(stock: Method) -> Method:
    """``array<f32: ...>``, which stands behind its name."""

    def parse(parser: Any) -> Any:
        start = parser.pos
        parser.parse_characters("<", " in dense array")
        type_ = parser.parse_attribute()
        if not isinstance(type_, AnyFloat) or not parser.parse_optional_punctuation(":"):
            parser._resume_from(start)
            return stock(parser)
        numbers = parser.parse_comma_separated_list(
            parser.Delimiter.NONE, lambda: float_attr(parser, type_).value.data
        )
        parser.parse_characters(">", " in dense array")
        return DenseArrayBase.from_list(type_, numbers)

    return parse
