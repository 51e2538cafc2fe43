"""Blocks that rise and fall in turn, and the passes over them, bring a row in order."""

import itertools

import numpy as np
import pytest

from npu.passes.group.sort import nearest_columns, passes_of
from npu.runtime.reference.structured import merged_pairs, sorted_pairs


def pairs_of(values):
    """Integers of 64 bits as pairs."""
    return np.asarray(values, np.int64).view(np.int32).reshape(-1, 2)


def in_order(rows, length, block, passes):
    """What the kernels of `npu.passes.tile.sort` do, tile by tile."""
    blocks = rows.reshape(-1, block, 2)
    done = np.stack([sorted_pairs(one, falls=n % 2 == 1) for n, one in enumerate(blocks)])
    for one in passes:
        runs = done.reshape(-1, one.outer, one.meeting, one.columns, 2)
        for number, run in enumerate(runs):
            falls = one.run < length and number % 2 == 1
            run[:] = merged_pairs(run, 1, falls=falls)
        done = runs
    return done.reshape(-1, length, 2)


CASES = [
    (length, block)
    for length, block in itertools.product((4, 8, 64, 512, 4096), (2, 4, 16, 64))
    if block < length
]


@pytest.mark.parametrize(("length", "block"), CASES)
def test_rows_are_in_order(length, block):
    values = np.random.default_rng(length).integers(-(2**40), 2**40, (2, length))
    passes = passes_of(length, block)
    found = in_order(pairs_of(values), length, block, passes)
    wanted = np.sort(values, axis=1)
    np.testing.assert_array_equal(found.reshape(-1), pairs_of(wanted).reshape(-1))
    assert all(block // one.meeting >= nearest_columns(block) for one in passes if one.columns > 1)


def test_a_pass_that_is_left_out_shows():
    values = np.random.default_rng(1).integers(-(2**40), 2**40, (1, 512))
    passes = passes_of(512, 16)
    for missing in range(len(passes)):
        kept = [one for number, one in enumerate(passes) if number != missing]
        found = in_order(pairs_of(values), 512, 16, kept)
        assert (found.reshape(-1) != pairs_of(np.sort(values, axis=1)).reshape(-1)).any()


def test_a_level_is_two_passes_and_more_only_where_blocks_are_few_lines():
    """A million pairs in blocks of 16,384: six levels. A tile of 64 pairs has 8 columns or more."""
    assert len(passes_of(1 << 20, 1 << 14)) == 2 * 6
    assert [(one.meeting, one.columns) for one in passes_of(1024, 64)][-3:] == [
        (8, 128),
        (2, 64),
        (64, 1),
    ]
