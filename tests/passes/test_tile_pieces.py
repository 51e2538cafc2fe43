"""Pieces of a transfer are not cut inside a DRAM page, where the machine's DRAM has pages."""

import pytest

from npu.configs.loader import load
from npu.passes.tile.transfer_cuts import Pieces


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
    assert pieces.sizes([0, 2], tile=[1024, 64, 512], contiguous=2) == expected


def test_other_dimensions_keep_the_pieces_of_the_mapping():
    assert Pieces((128, 128), 8192).sizes([0, 1], tile=[512, 512], contiguous=1) == [128, 512]
    assert Pieces((128, 128), 8192).sizes([1, 0], tile=[512, 512], contiguous=0) == [128, 512]


def test_a_page_is_one_row_in_every_channel():
    assert load("tpuv3").dram_page_bytes == 0
    # 16 channels, rows of 16 transactions of 32 bytes
    assert load("tpuv3_ramulator2").dram_page_bytes == 16 * 512
