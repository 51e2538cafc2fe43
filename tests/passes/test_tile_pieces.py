"""Pieces of a transfer are not cut inside a DRAM page, where the machine's DRAM has pages."""

import pytest

from npu.configs.loader import load
from npu.passes.map.footprint import Axis, Operand, Role, plain
from npu.passes.tile.transfer_cuts import Pieces


def sizes(pieces, axes, tile, is_contiguous):
    """The pieces of an f32 buffer's axes."""
    return pieces.sizes(Operand(tuple(axes), Role.INPUT), axes, tile, is_contiguous)


@pytest.mark.parametrize(
    ("page_bytes", "expected"),
    [
        (0, [1024, 128]),
        (512, [1024, 128]),
        (516, [1024, 129]),
        (1024, [1024, 256]),
        (2048, [1024, 512]),
        (8192, [1024, 512]),
    ],
)
def test_the_contiguous_dimension_spans_a_page_or_the_tile(page_bytes, expected):
    pieces = Pieces((1024, 64, 128), page_bytes)
    assert sizes(pieces, plain([0, 2]), [1024, 64, 512], [False, True]) == expected


def test_other_dimensions_keep_the_pieces_of_the_mapping():
    pieces = Pieces((128, 128), 8192)
    assert sizes(pieces, plain([0, 1]), [512, 512], [False, True]) == [128, 512]
    assert sizes(pieces, plain([1, 0]), [512, 512], [False, True]) == [128, 512]


def test_windows_are_not_cut():
    halo = Axis(((0, 2), (1, 1)))
    assert sizes(Pieces((8, 3), 0), [halo], [512, 3], [False]) == [1 + 2 * 511 + 2]


def test_a_page_is_one_row_in_every_channel():
    assert load("tpuv3").dram_page_bytes == 0
    # 16 channels, rows of 16 transactions of 32 bytes
    assert load("tpuv3_ramulator2").dram_page_bytes == 16 * 512
