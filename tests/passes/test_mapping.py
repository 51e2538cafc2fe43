"""The mathematics of tiling: estimates by hand, searches that fit, choices that do not change."""

import dataclasses
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npu.configs.loader import load
from npu.passes.map import contraction, contraction_search, vector
from npu.passes.map.choice import TooLargeError
from npu.passes.map.contraction import Problem
from npu.passes.map.device import Device, device_of
from npu.passes.map.footprint import Axis, Buffer, Role, footprint, plain, tile_bytes, trips
from tests.examples import examples

DEVICE = Device(
    cores=1,
    arrays=2,
    array_size=4,
    spad_bytes=4096,
    dram_bytes_per_cycle=8.0,
    port_bytes_per_cycle=8.0,
    dram_latency_cycles=10.0,
)


def matmul(m, n, k, epilogue=()) -> Problem:
    buffers = (Buffer(plain((0, 2)), Role.ROWS), Buffer(plain((2, 1)), Role.WEIGHTS), *epilogue)
    return Problem((m, n, k), (), (0,), (1,), (2,), (*buffers, Buffer(plain((0, 1)), Role.OUTPUT)))


def test_footprint_counts_slots_and_alignment():
    buffers = [Buffer(plain((0, 1)), Role.INPUT), Buffer(plain((0,)), Role.TEMPORARY)]
    # 2 slots of 3 x 5 f32 are 120 bytes, 128 aligned; one slot of 3 f32 is 12 bytes, 64 aligned.
    assert footprint(buffers, (6, 5), (3, 5), slots=2) == 128 + 64
    # What one tile covers is filled once and needs one slot: 60 bytes.
    assert footprint(buffers, (3, 5), (3, 5), slots=2) == 64 + 64


def test_a_window_takes_its_halo():
    # 3 taps over 8 outputs of stride 2 reach 1 + 2 * 7 + 2 elements.
    rows = Buffer((Axis(((0, 2), (1, 1))), Axis(((2, 1),))), Role.ROWS)
    assert tile_bytes(rows, (8, 3, 4)) == 4 * 17 * 4
    assert rows.dims == (0, 1, 2)


def test_array_cycles_by_hand():
    # n = 8 and k = 8 are 2 x 2 weight tiles of 4 x 4; each streams 16 rows; two arrays share them.
    assert contraction.array_cycles(matmul(16, 8, 8), DEVICE, (16, 8, 8)) == 4 * 16 / 2
    # With 2 rows the load of the weights, 4 cycles, is what takes time.
    assert contraction.array_cycles(matmul(2, 8, 8), DEVICE, (2, 8, 8)) == 4 * 4 / 2
    # A k of 3 loads in 3 cycles; one weight tile keeps one array busy.
    assert contraction.array_cycles(matmul(2, 4, 3), DEVICE, (2, 4, 3)) == 3


def test_loads_follow_the_loop_order():
    rows, weights = Buffer(plain((0, 2)), Role.ROWS), Buffer(plain((2, 1)), Role.WEIGHTS)
    counts = (3, 5, 1)
    assert contraction.loads(rows, counts, (0, 1, 2)) == 3
    assert contraction.loads(weights, counts, (0, 1, 2)) == 15
    assert contraction.loads(rows, counts, (1, 0, 2)) == 15
    assert contraction.loads(weights, counts, (1, 0, 2)) == 5
    assert contraction.loads(Buffer(plain((0, 1)), Role.OUTPUT), (3, 5, 7), (0, 1, 2)) == 15


def test_estimate_by_hand():
    problem = matmul(16, 8, 8)
    moved = 4 * (16 * 8 + 8 * 8 + 16 * 8)  # each tensor once: 1280 bytes, 160 cycles
    assert moved / 8 == 160
    array = 32
    ends = 4 * (16 * 8 + 4 * 4 + 16 * 8) / 8  # rows, the first 4 x 4 weights; the result
    slot = (10 + 160 + array) / 2
    # The transfers decide, and the last weight tile's 16 rows behind them.
    assert max(array + ends, 160 + 16, slot) == 176
    assert contraction.cycles(problem, DEVICE, (16, 8, 8), (0, 1, 2), slots=2) == 10 + 176
    # Five times the DRAM rate: the ends take 27.2 cycles, the arrays decide.
    fast = dataclasses.replace(DEVICE, dram_bytes_per_cycle=40.0, port_bytes_per_cycle=40.0)
    estimate = contraction.cycles(problem, fast, (16, 8, 8), (0, 1, 2), slots=2)
    assert estimate == pytest.approx(10 + 32 + 27.2)


def test_one_core_cannot_use_all_of_the_dram():
    device = dataclasses.replace(DEVICE, dram_bytes_per_cycle=32.0, cores=4)
    assert device.rate(1) == 8
    assert device.rate(4) == 32


def test_work_items_end_at_a_load_between_loops():
    problem = matmul(16, 8, 8)
    # m outside, n inside: rows are loaded between the two loops when k is whole.
    assert contraction.work_items(problem, (4, 2, 1), (0, 1, 2)) == 4
    # With a k loop, everything is loaded innermost.
    assert contraction.work_items(problem, (4, 2, 2), (0, 1, 2)) == 8


sizes = st.integers(1, 70)


@examples(20, 60)
@given(m=sizes, n=sizes, k=sizes, cores=st.integers(1, 4))
def test_search_fits_and_keeps_the_rules(m, n, k, cores):
    problem = matmul(m, n, k, (Buffer(plain((1,)), Role.INPUT),))
    device = dataclasses.replace(DEVICE, cores=cores)
    choice = contraction_search.search(problem, device)
    assert (
        footprint(problem.buffers, problem.extents, choice.tile, choice.slots) <= device.spad_bytes
    )
    assert choice.order[-1] == 2
    assert sorted(choice.order) == [0, 1, 2]
    assert all(1 <= s <= t for s, t in zip(choice.subtile, choice.tile, strict=True))
    assert contraction_search.search(problem, device) == choice


def test_search_uses_all_cores_when_the_arrays_are_the_limit():
    device = dataclasses.replace(
        DEVICE, cores=4, dram_bytes_per_cycle=1e6, port_bytes_per_cycle=1e6
    )
    choice = contraction_search.search(matmul(64, 64, 64), device)
    counts = trips((64, 64, 64), choice.tile)
    assert counts[0] * counts[1] >= 4


def test_search_says_what_does_not_fit():
    device = dataclasses.replace(DEVICE, spad_bytes=100)
    with pytest.raises(TooLargeError) as error:
        contraction_search.search(matmul(64, 64, 64), device)
    assert error.value.needed == 3 * 128  # the smallest tiles, two slots of 4 x 4 f32 each
    assert error.value.available == 100


def rows(extents, reduced, spad=4096, cores=1):
    buffers = (
        Buffer(plain(range(len(extents))), Role.INPUT),
        Buffer(plain(range(len(extents))), Role.OUTPUT),
    )
    problem = vector.VectorProblem(extents, reduced, buffers, tuple(range(len(extents)))[::-1])
    return vector.choose(problem, dataclasses.replace(DEVICE, spad_bytes=spad, cores=cores))


def test_rows_stay_whole_and_fit():
    choice = rows((1000, 30), (False, True))
    assert choice.tile[1] == 30
    assert 4 * choice.tile[0] * 4 * 30 <= 4096
    assert choice.order == (0, 1)


def test_tiles_grow_from_the_innermost_dimension():
    assert rows((10, 20, 30), (False, False, False), spad=1 << 20).tile[2] == 30


def test_parallel_dimensions_stand_outside_whole_ones():
    assert rows((30, 8), (True, False)).order == (1, 0)


def test_at_least_one_tile_for_each_core():
    choice = rows((64, 4), (False, True), spad=1 << 20, cores=4)
    assert trips((64, 4), choice.tile)[0] >= 4


@examples(20, 60)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=6))
def test_vector_tiles_fit_and_can_be_moved(dims):
    extents, reduced = tuple(e for e, _ in dims), tuple(r for _, r in dims)
    whole = sum(r and e > 1 for e, r in dims)
    if whole > 4 or prod(e for e, r in dims if r) > 256:
        return
    choice = rows(extents, reduced)
    assert sum(t > 1 for t in choice.tile) <= 4
    assert 4 * 4 * prod(choice.tile) <= 4096


def test_device_figures_of_a_shipped_machine():
    machine = load("tpuv3")
    device = device_of(machine)
    assert device.dram_bytes_per_cycle == machine.dram_bytes_per_second / 940e6
    assert device.port_bytes_per_cycle == 16 * 32
    assert device.dram_latency_cycles == pytest.approx(17 + 2 * 10)
