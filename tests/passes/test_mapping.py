"""The mathematics of tiling: estimates by hand, searches that fit, choices that do not change."""

import dataclasses
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npu.configs.array_passes import ArrayPasses
from npu.configs.loader import load
from npu.passes.map.array_cycles import array_cycles
from npu.passes.map.choice import best, candidates, choose
from npu.passes.map.device import Device, device_of
from npu.passes.map.estimate import estimate
from npu.passes.map.fit import tiling_of
from npu.passes.map.footprint import Axis, Operand, Role, footprint, plain, tile_bytes, trips
from npu.passes.map.nest import mapping_of
from npu.passes.map.problem import Dim, Kind, Problem, Stage, VectorOp
from npu.passes.map.tiling import Loops, Tiling, TooLargeError, overlapped
from tests.examples import examples

DEVICE = Device(
    cores=1,
    arrays=2,
    array_size=4,
    spad_bytes=4096,
    dram_bytes_per_cycle=8.0,
    port_bytes_per_cycle=8.0,
    vector_elements=4,
    vector_units=2,
    array_passes=ArrayPasses(),
    dram_page_bytes=0,
    dram_latency_cycles=10.0,
)

ROWS = Operand(plain((0, 2)), Role.ROWS, name="rows")
WEIGHTS = Operand(plain((2, 1)), Role.WEIGHTS, name="weights")
RESULT = Operand(plain((0, 1)), Role.OUTPUT, name="acc")
BIAS = Operand(plain((1,)), Role.INPUT, name="in")


def matmul(m, n, k, device=DEVICE, bias=False, instructions=0.0) -> Problem:
    """out[m, n] = rows @ weights, and vector code of so many instructions on it."""
    dims = (Dim("m", m, Kind.M), Dim("n", n, Kind.N), Dim("k", k, Kind.K))
    stages = [Stage("arrays", (2,), (0, 1, 2), is_on_arrays=True)]
    if bias or instructions:
        code = VectorOp((0, 1), instructions, gathers=False, is_one_run=False)
        stages.append(Stage("vector", (), (3, 2) if bias else (2,), vector_ops=(code,)))
    operands = (ROWS, WEIGHTS, RESULT, BIAS) if bias else (ROWS, WEIGHTS, RESULT)
    return Problem(dims, operands, tuple(stages), device, (0, 2, 1))


def tiled(problem, tile, order=(0, 1, 2), result=2) -> Tiling:
    """All tiles moved at once, but weights and rows in pieces of the array's size."""
    piece = (tile[0], min(tile[1], 4), min(tile[2], 4))
    return Tiling(tile, piece, order, overlapped(Loops.of(problem, tile, order), result))


def test_footprint_counts_buffers_and_alignment():
    operands = [Operand(plain((0, 1)), Role.INPUT), Operand(plain((0,)), Role.TEMPORARY)]
    # 2 buffers of 3 x 5 f32 are 120 bytes, 128 aligned; one of 3 f32 is 12 bytes, 64 aligned.
    assert footprint(operands, (3, 5), (2, 1)) == 128 + 64
    assert footprint(operands, (3, 5), (1, 1)) == 64 + 64
    assert footprint(operands, (3, 5), (3, 1)) == 192 + 64


def test_a_condition_takes_a_byte():
    assert tile_bytes(Operand(plain((0, 1)), Role.INPUT, "i1"), (3, 5)) == 15


def test_a_window_takes_its_halo():
    # 3 taps over 8 outputs of stride 2 reach 1 + 2 * 7 + 2 elements.
    rows = Operand((Axis(((0, 2), (1, 1))), Axis(((2, 1),))), Role.ROWS)
    assert tile_bytes(rows, (8, 3, 4)) == 4 * 17 * 4
    assert rows.dims == (0, 1, 2)


def test_array_cycles_by_hand():
    # n = 8 and k = 8 are 2 x 2 weight tiles of 4 x 4; each streams 16 rows; two arrays share them.
    assert array_cycles(matmul(16, 8, 8), (16, 8, 8), None) == 4 * 16 / 2
    # With 2 rows the load of the weights, 4 cycles, is what takes time.
    assert array_cycles(matmul(2, 8, 8), (2, 8, 8), None) == 4 * 4 / 2
    # A k of 3 loads in 3 cycles; one weight tile keeps one array busy.
    assert array_cycles(matmul(2, 4, 3), (2, 4, 3), None) == 3


def test_loads_follow_the_loop_order():
    problem = matmul(3, 5, 7)
    by_rows = Loops.of(problem, (1, 1, 7), (0, 1, 2))
    by_columns = Loops.of(problem, (1, 1, 7), (1, 0, 2))
    assert (by_rows.loads(ROWS), by_rows.loads(WEIGHTS)) == (3, 15)
    assert (by_columns.loads(ROWS), by_columns.loads(WEIGHTS)) == (15, 5)
    assert Loops.of(problem, (1, 1, 1), (0, 1, 2)).loads(RESULT) == 15


def test_buffers_are_one_where_nothing_overlaps():
    problem = matmul(16, 8, 8, bias=True)
    assert tiled(problem, (16, 8, 8)).buffers == (1, 1, 1, 1)
    # Rows of four tiles come and go, results too; weights and bias are loaded once.
    assert tiled(problem, (4, 8, 8)).buffers == (2, 1, 2, 1)
    assert tiled(problem, (4, 8, 8), result=1).buffers == (2, 1, 1, 1)
    # The loop over k moves rows and weights within the one tile of the result.
    assert tiled(problem, (16, 8, 4)).buffers == (2, 2, 1, 1)
    # Four cores see one tile of rows each.
    four = matmul(16, 8, 8, dataclasses.replace(DEVICE, cores=4), bias=True)
    assert tiled(four, (4, 8, 8)).buffers == (1, 1, 1, 1)


def test_there_are_three_buffers_where_there_is_room():
    problem = matmul(16, 8, 8, bias=True)
    # 16 rows in 4 tiles: 128 bytes each of rows and results, 256 of weights, 32 of the bias.
    sizes = {3: 3 * 128 + 256 + 3 * 128 + 64, 2: 2 * 128 + 256 + 2 * 128 + 64}
    for spad, buffers in (
        (sizes[3], (3, 1, 3, 1)),
        (sizes[3] - 1, (2, 1, 3, 1)),
        (sizes[2], (2, 1, 2, 1)),
        (sizes[2] - 1, (2, 1, 1, 1)),
    ):
        small = dataclasses.replace(problem, device=dataclasses.replace(DEVICE, spad_bytes=spad))
        found = [one for one in candidates(small) if one.tile == (4, 8, 8)]
        assert found[0].buffers == buffers
    # No more than there are tiles.
    assert overlapped(Loops.of(problem, (8, 8, 8), (0, 1, 2)), 3, 3) == (2, 1, 2, 1)


def test_what_arrays_leave_to_vector_code_overlaps_too():
    problem = matmul(16, 8, 8, instructions=3.0)
    out = Operand(plain((0, 1)), Role.OUTPUT, name="out")
    acc = dataclasses.replace(RESULT, role=Role.TEMPORARY)
    apart = dataclasses.replace(problem, operands=(ROWS, WEIGHTS, acc, out))
    assert tiled(apart, (4, 8, 8)).buffers == (2, 1, 2, 2)


def test_estimate_by_hand():
    problem = matmul(16, 8, 8)
    moved = 4 * (16 * 8 + 8 * 8 + 16 * 8)  # each tensor once: 1280 bytes, 160 cycles
    assert moved / 8 == 160
    array = 32
    ends = 4 * (16 * 8 + 4 * 4 + 16 * 8) / 8  # rows, the first 4 x 4 weights; the result
    # The transfers decide, and the last weight tile's 16 rows behind them; the last result leaves
    # an array of 4 x 4 2 * 4 - 1 cycles behind the last row.
    assert max(array + ends, 160 + 16) == 176
    found = estimate(problem, tiled(problem, (16, 8, 8)))
    assert found.total == 10 + 176 + 7
    assert (found.dram_bytes, found.dma_cycles, found.array_cycles) == (moved, 160, 32)
    assert found.scratchpad_bytes == 512 + 256 + 512
    # Five times the DRAM rate: the ends take 27.2 cycles, the arrays decide.
    fast = dataclasses.replace(DEVICE, dram_bytes_per_cycle=40.0, port_bytes_per_cycle=40.0)
    problem = matmul(16, 8, 8, fast)
    found = estimate(problem, tiled(problem, (16, 8, 8)))
    assert found.total == pytest.approx(10 + 32 + 7 + 27.2)


def test_vector_code_of_small_tiles_overlaps():
    # Lines of 8 are 2 strips of 4; 6 instructions on 2 units take 3 cycles a strip, a line 1 more.
    fast = dataclasses.replace(DEVICE, dram_bytes_per_cycle=40.0, port_bytes_per_cycle=40.0)
    problem = matmul(16, 8, 8, fast, instructions=6.0)
    whole = estimate(problem, tiled(problem, (16, 8, 8)))
    assert whole.vector_cycles == 16 * (2 * 3 + 1)
    # latency and drain, start, array, vector, store
    assert whole.total == 10 + 7 + (16 * 8 + 4 * 4) * 4 / 40 + 32 + 112 + 16 * 8 * 4 / 40
    # In tiles of 4 rows only a quarter of the array's work stands ahead of the vector code. The
    # weights are there before all rows, the store behind it is a quarter, too.
    cut = estimate(problem, tiled(problem, (4, 8, 8)))
    assert cut.total == 10 + 7 + (4 * 8 + 8 * 8) * 4 / 40 + 32 / 4 + 112 + 4 * 8 * 4 / 40


def test_another_clock_times_vector_code():
    problem = matmul(16, 8, 8, instructions=6.0)
    found = estimate(problem, tiled(problem, (4, 8, 8)), lambda _p, _s, tile: 100 * tile[0])
    # both stages are asked; there are 16 rows in all
    assert found.vector_cycles == 2 * 100 * 16


def test_one_buffer_of_a_result_holds_back_the_next_tile():
    fast = dataclasses.replace(DEVICE, dram_bytes_per_cycle=40.0, port_bytes_per_cycle=40.0)
    problem = matmul(16, 8, 8, fast, instructions=6.0)
    two, one = (estimate(problem, tiled(problem, (4, 8, 8), result=n)) for n in (2, 1))
    # arrays 32, four drains, vector 112, stores 12.8: one behind the other
    assert one.total == pytest.approx(10 + 32 + 4 * 7 + 112 + 12.8)
    assert two.total < one.total
    assert two.scratchpad_bytes == one.scratchpad_bytes + 4 * 8 * 4


def test_one_core_cannot_use_all_of_the_dram():
    device = dataclasses.replace(DEVICE, dram_bytes_per_cycle=32.0, cores=4)
    assert device.rate(1) == 8
    assert device.rate(4) == 32


def test_work_items_end_at_a_load_between_loops():
    problem = matmul(16, 8, 8)
    # m outside, n inside: rows are loaded between the two loops when k is whole.
    assert Loops.of(problem, (4, 4, 8), (0, 1, 2)).items() == 4
    # With a k loop, everything is loaded innermost.
    assert Loops.of(problem, (4, 4, 4), (0, 1, 2)).items() == 8


sizes = st.integers(1, 70)


@examples(20, 60)
@given(m=sizes, n=sizes, k=sizes, cores=st.integers(1, 4), code=st.sampled_from([0.0, 9.0]))
def test_search_fits_and_keeps_the_rules(m, n, k, cores, code):
    device = dataclasses.replace(DEVICE, cores=cores)
    problem = matmul(m, n, k, device, bias=True, instructions=code)
    tiling, found = choose(problem)
    assert footprint(problem.operands, tiling.tile, tiling.buffers) == found.scratchpad_bytes
    assert found.scratchpad_bytes <= device.spad_bytes
    assert tiling.order[-1] == 2
    assert sorted(tiling.order) == [0, 1, 2]
    assert all(1 <= s <= t for s, t in zip(tiling.piece, tiling.tile, strict=True))
    assert choose(problem) == (tiling, found)
    assert tiling_of(problem, mapping_of(problem, tiling)) == tiling


def test_the_choice_is_the_best_of_the_candidates():
    problem = matmul(64, 64, 64)
    tilings = list(candidates(problem))
    assert best(problem, tilings) == choose(problem)
    least = min(estimate(problem, tiling).total for tiling in tilings)
    assert choose(problem)[1].total <= 1.16 * least


def test_passing_over_what_takes_too_long_changes_no_choice():
    for sizes in ((64, 64, 64), (70, 9, 33), (5, 200, 16)):
        problem = matmul(*sizes, instructions=9.0)
        found = [(estimate(problem, one), one) for one in candidates(problem)]
        least = min(cost.total for cost, _ in found)
        whole = [overlapped(Loops.of(problem, one.tile, one.order)) for _, one in found]
        close = [
            (cost.dram_bytes, prod(trips(sizes, one.tile)), cost.total, number)
            for number, (cost, one) in enumerate(found)
            if cost.total == least
            or (cost.total <= 1.16 * least and all(map(int.__ge__, one.buffers, whole[number])))
        ]
        assert choose(problem)[0] == found[min(close)[-1]][1]


def test_one_buffer_is_taken_only_where_it_is_best():
    # Tiles of the result are the larger part of the scratchpad, transfers decide: room pays.
    slow = dataclasses.replace(DEVICE, dram_bytes_per_cycle=0.5, port_bytes_per_cycle=0.5)
    tiling, _ = choose(matmul(64, 64, 64, slow))
    assert tiling.buffers[2] == 1
    # The arrays decide: a store that holds them back is never worth it.
    quick = dataclasses.replace(DEVICE, dram_bytes_per_cycle=99.0, port_bytes_per_cycle=99.0)
    tiling, _ = choose(matmul(64, 64, 64, quick))
    assert tiling.buffers[2] == 2


def test_search_uses_all_cores_when_the_arrays_are_the_limit():
    device = dataclasses.replace(
        DEVICE, cores=4, dram_bytes_per_cycle=1e6, port_bytes_per_cycle=1e6
    )
    tiling, _ = choose(matmul(64, 64, 64, device))
    counts = trips((64, 64, 64), tiling.tile)
    assert counts[0] * counts[1] >= 4


def test_search_says_what_does_not_fit():
    device = dataclasses.replace(DEVICE, spad_bytes=100)
    with pytest.raises(TooLargeError) as error:
        choose(matmul(64, 64, 64, device))
    # the smallest tiles, 4 x 4 f32: two buffers of rows and weights, one of the result
    assert error.value.needed == 2 * 128 + 64
    assert error.value.available == 100


def rows(extents, reduced, spad=4096, cores=1):
    dims = tuple(
        Dim(f"i{d}", extent, Kind.REDUCED if is_reduced else Kind.PARALLEL)
        for d, (extent, is_reduced) in enumerate(zip(extents, reduced, strict=True))
    )
    every = tuple(range(len(extents)))
    operands = (
        Operand(plain(every), Role.INPUT, name="in"),
        Operand(plain(every), Role.OUTPUT, name="out"),
    )
    summed = tuple(d for d in every if reduced[d])
    device = dataclasses.replace(DEVICE, spad_bytes=spad, cores=cores)
    problem = Problem(dims, operands, (Stage("vector", summed, (0, 1)),), device, every)
    tiling, _ = choose(problem)
    assert tiling_of(problem, mapping_of(problem, tiling)) == tiling
    return tiling


def test_rows_stay_whole_and_fit():
    choice = rows((1000, 30), (False, True))
    assert choice.tile[1] == 30
    assert 4 * choice.tile[0] * 4 * 30 <= 4096
    assert choice.order == (0, 1)


def test_tiles_hold_whole_groups_of_lines():
    # Two vector units take two lines at a time.
    for extents in ((1000, 30), (501, 40), (94, 12)):
        assert rows(extents, (False, True), spad=1 << 20).tile[0] % 2 == 0
    # Where one line more does not fit, it is one less: 4 buffers of 5 lines would.
    assert rows((94, 12), (False, True), spad=4 * 5 * 48 + 64).tile[0] == 4


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
