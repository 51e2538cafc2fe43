"""Constants of every form have the value that MLIR gives them, and print so that it comes back."""

from __future__ import annotations

import struct
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    TensorType,
    f32,
)
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError

from npu.runtime.compiler import make_context

INF, NAN = float("inf"), float("nan")
LONG = [f"{i}.5" for i in range(1000)]


def read(text) -> Any:
    """The attribute of a text."""
    return Parser(make_context(), text).parse_attribute()


def bits(attribute):
    """The bits of each f32 of a constant."""
    if isinstance(attribute, DenseIntOrFPElementsAttr | DenseArrayBase):
        return np.frombuffer(attribute.data.data, np.uint32).tolist()
    return [struct.unpack("<I", attribute.type.pack([attribute.value.data]))[0]]


def of(*values):
    """The bits of f32 values."""
    return np.array(values, np.float32).view(np.uint32).tolist()


FORMS = {
    "scalar inf": ("0x7F800000 : f32", of(INF)),
    "scalar -inf": ("0xFF800000 : f32", of(-INF)),
    "scalar NaN with sign and payload": ("0xFFC00123 : f32", [0xFFC00123]),
    "scalar of few digits": ("0x1 : f32", [1]),
    "scalar beyond f32": ("1.0e39 : f32", of(INF)),
    "scalar below f32": ("-1.0e39 : f32", of(-INF)),
    "largest scalar": ("3.4028235e38 : f32", [0x7F7FFFFF]),
    "first to round up": ("3.4028235678e38 : f32", of(INF)),
    "splat": ("dense<0xFF800000> : tensor<2x3xf32>", of(*[-INF] * 6)),
    "splat of NaN": ("dense<0x7FC00000> : tensor<3xf32>", [0x7FC00000] * 3),
    "splat beyond f32": ("dense<-1.0e39> : tensor<2xf32>", of(-INF, -INF)),
    "splat of rank 0": ("dense<0x7F800000> : tensor<f32>", of(INF)),
    "elements": (
        "dense<[[0x7F800000, 1.0], [-0.0, 0xFFC00001]]> : tensor<2x2xf32>",
        [0x7F800000, 0x3F800000, 0x80000000, 0xFFC00001],
    ),
    "zeros of both signs": ("dense<[0.0, -0.0]> : tensor<2xf32>", of(0.0, -0.0)),
    "bytes": ('dense<"0x0000807F0000C0FF"> : tensor<2xf32>', [0x7F800000, 0xFFC00000]),
    "bytes of a splat": ('dense<"0x000080FF"> : tensor<2xf32>', of(-INF, -INF)),
    "array": ("array<f32: 0x7F800000, 1.0, 0xFF800000>", of(INF, 1.0, -INF)),
    "long list": (
        f"dense<[{', '.join([*LONG, '0xFF800000', '-0.0'])}]> : tensor<1002xf32>",
        of(*map(float, LONG), -INF, -0.0),
    ),
    "long nested list": (
        f"dense<[[{', '.join(LONG)}],\n [{', '.join(LONG)}]]> : tensor<2x1000xf32>",
        of(*map(float, LONG), *map(float, LONG)),
    ),
    "no elements": ("dense<> : tensor<0x3xf32>", []),
    "splat of no elements": ("dense<0x7F800000> : tensor<0xf32>", []),
}


@pytest.mark.parametrize(("text", "expected"), FORMS.values(), ids=FORMS)
def test_value_and_round_trip(text, expected):
    constant = read(text)
    assert bits(constant) == expected
    assert bits(read(str(constant))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x7FF0000000000000 : f64", INF),
        ("1.0e999 : f64", INF),
        ("0xFC00 : f16", -INF),
        ("65520.0 : f16", INF),
        ("0x7F80 : bf16", INF),
    ],
)
def test_other_types(text, expected):
    constant = read(text)
    assert constant.value.data == expected
    assert read(str(constant)) == constant
    number, type_ = text.split(" : ")
    dense = read(f"dense<[{number}, 1.0]> : tensor<2x{type_}>")
    assert list(dense.get_values()) == [expected, 1.0]
    assert read(str(dense)) == dense


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-0x7F800000 : f32", "has no sign in front"),
        ("0x1FF800000 : f32", "fits its type"),
        (f"1{'0' * 400} : f32", "fits its type"),
        (f"1{'0' * 5000} : f32", "fits its type"),
        ("dense<-0x7F800000> : tensor<2xf32>", "has no sign in front"),
        ("dense<[1.0, 0x1FF800000]> : tensor<2xf32>", "more bits than f32"),
        (f"dense<[{', '.join([*LONG, '0x1FF800000'])}]> : tensor<1001xf32>", "more bits than f32"),
        (f"dense<[{', '.join(LONG)}]> : tensor<10x100xf32>", "shape of tensor<10x100xf32>"),
        (f"dense<[{', '.join(['1000'] * 1000)}]> : tensor<1000xi8>", "1000"),
        ('dense<"ZZ0000807F"> : tensor<1xf32>', 'begin with "0x'),
        ("dense<1.0> : tensor<100000x100000xf32>", "at most 1,073,741,824 bytes"),
        ("dense<1.0> : tensor<2xf80>", "not supported"),
        ("0x0 : f80", "not supported"),
        ("array<f32: 0x1FF800000>", "more bits than f32"),
    ],
)
def test_what_is_no_value_of_its_type_is_refused(text, said):
    with pytest.raises(ParseError, match=said):
        read(text)


def test_integers_keep_their_hexadecimal():
    assert read("-0x41 : i32").value.data == -65
    assert read("dense<[0x41, -1]> : tensor<2xi32>").get_values() == (65, -1)
    long = read(f"dense<[{', '.join(['-7', '0x10'] * 500)}]> : tensor<1000xi32>")
    assert long.get_values() == (-7, 16) * 500


PATTERNS = st.integers(0, 2**32 - 1).map(
    lambda n: n | 0x00400000 if n & 0x7F800000 == 0x7F800000 and n & 0x7FFFFF else n
)
"""Bits of f32; a NaN is quiet, since Python's floats have no other."""


@settings(max_examples=200, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=120))
def test_any_bits_come_back(patterns):
    values = np.array(patterns, np.uint32).view(np.float32).tolist()
    scalar = FloatAttr(values[0], f32)
    assert bits(read(str(scalar))) == patterns[:1]
    type_ = TensorType(f32, [len(values)])
    assert bits(read(str(DenseIntOrFPElementsAttr.from_list(type_, values)))) == patterns


def test_a_list_of_eight_megabytes_takes_seconds():
    count = 700_000
    text = ", ".join(["-1.234567e+00", "2.5", "0x7F800000", "1.0e-10"] * (count // 4))
    start = time.monotonic()
    constant = read(f"dense<[{text}]> : tensor<{count}xf32>")
    again = read(str(constant))
    assert time.monotonic() - start < 15
    assert bits(constant)[:4] == of(-1.234567, 2.5, INF, 1e-10)
    assert again == constant
