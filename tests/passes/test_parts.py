"""Where the parts of a whole lie, and that they are all of it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import TensorType, f32
from xdsl.dialects.tensor import ConcatOp
from xdsl.ir import Block

from npu.passes.group.parts import place_of
from tests.examples import examples


def whole_of(shapes, dim):
    """A `tensor.concat` of tensors of some shapes."""
    block = Block(arg_types=[TensorType(f32, shape) for shape in shapes])
    joined = list(shapes[0])
    joined[dim] = sum(shape[dim] for shape in shapes)
    return ConcatOp(block.args, dim, TensorType(f32, joined))


@st.composite
def wholes(draw):
    """Shapes of parts, and the dimension that they are joined along."""
    base = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    dim = draw(st.integers(0, len(base) - 1))
    extents = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    return [[*base[:dim], extent, *base[dim + 1 :]] for extent in extents], dim


def reshapes(shape):
    """Other shapes of as many elements: extents of 1 gone, all joined, two neighbours joined."""
    yield [n for n in shape if n != 1] or [1]
    yield [math.prod(shape)]
    for at in range(1, len(shape)):
        yield [*shape[: at - 1], shape[at - 1] * shape[at], *shape[at + 1 :]]


@examples(60, 2000)
@given(drawn=wholes())
def test_boxes_are_the_parts(drawn):
    """As numpy has it, also of parts in another shape, where they have a place."""
    shapes, dim = drawn
    parts = [
        np.arange(math.prod(shape)).reshape(shape) + 1000 * i for i, shape in enumerate(shapes)
    ]
    whole = np.concatenate(parts, dim)
    op = whole_of(shapes, dim)
    for index, (shape, values) in enumerate(zip(shapes, parts, strict=True)):
        assert place_of(op, index, shape) is not None
        for other in (shape, *reshapes(shape)):
            part = place_of(op, index, other)
            if part is not None:
                assert len(part.shape) == len(other)
                found = whole.reshape(part.shape)[part.box(other[part.dim])]
                np.testing.assert_array_equal(found, values.reshape(other))


@pytest.mark.parametrize(
    ("shapes", "dim", "index", "shape", "is_a_box"),
    [
        ([[4, 1], [4, 2]], 1, 0, [4], True),
        ([[2, 2, 6], [2, 1, 6]], 1, 0, [4, 6], False),
        ([[1, 4, 6], [1, 1, 6]], 1, 1, [6], True),
        ([[1, 5], [1, 6]], 1, 1, [2, 3], False),
    ],
)
def test_which_shapes_have_a_place(shapes, dim, index, shape, is_a_box):
    assert (place_of(whole_of(shapes, dim), index, shape) is not None) == is_a_box
