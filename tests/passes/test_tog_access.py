"""Dimensions of walks from the forms of the graph analysis."""

from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block

from npu.dialects.tog import BoundsAttr
from npu.dialects.tog.iterations import size_at, value_at
from npu.passes.tog.access import Encoder, Within
from npu.passes.tog.linear import IvAtom, Linear
from npu.passes.tog.minimum import Minimum, number, smallest_of

IVS = dict(enumerate(Block(arg_types=[IndexType()] * 3).args))


def iv(index: int, factor: int, constant: int) -> Minimum:
    return Minimum((Linear(constant, ((IvAtom(index), factor),)),))


def test_a_dimension_lies_in_the_tensor_as_its_bounds_say() -> None:
    """Row 2 * %1 - 1 of 56 and every third one after it, as many as are left of 8."""
    size = smallest_of([number(8), iv(2, -1, 20)], {1: (0, 9), 2: (0, 19)})
    first = iv(1, 2, -1)
    encoder = Encoder([size, first], IVS)
    dim = encoder.dim(size, 3 * 224, Within(first, 56, 3))
    assert encoder.ivs == [IVS[1], IVS[2]]
    assert dim.stride == 672
    assert isinstance(dim.bounds, BoundsAttr)
    assert (dim.bounds.extent.value.data, dim.bounds.step.value.data) == (56, 3)
    for one, two in ((0, 0), (4, 15), (9, 19)):
        assert size_at(dim.size, [one, two]) == min(8, 20 - two)
        assert value_at(dim.bounds.first, [one, two]) == 2 * one - 1


def test_a_dimension_without_bounds() -> None:
    dim = Encoder([number(4)], IVS).dim(number(4), 8)
    assert (size_at(dim.size, []), dim.stride, dim.bounds) == (4, 8, None)
