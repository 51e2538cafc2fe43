"""Loop planning: the mathematics alone."""

from npu.codegen import nest as nests
from npu.codegen.nest import Extent, Loop


def plan(loops, inputs, lanes=64, **options):
    """The nest for registers of 64 elements."""
    return nests.plan(loops, inputs, lanes, **options)


def extent(dimension, size):
    """A static size, or for 0 the run-time size numbered as the dimension."""
    return Extent(size) if size else Extent(1, (dimension,))


def loops(sizes, strides, reductions=()):
    """Loops of `sizes`; `strides` one tuple an operand."""
    return [
        Loop(extent(d, size), d in reductions, tuple(s[d] for s in strides))
        for d, size in enumerate(sizes)
    ]


def test_contiguous_operands_collapse_to_one_loop() -> None:
    nest = plan(loops((4, 5, 6), [(30, 6, 1), (30, 6, 1)]), 1)
    assert nest.loops == (Loop(Extent(120), False, (1, 1)),)


def test_a_dynamic_outer_size_still_collapses() -> None:
    nest = plan(loops((0, 6), [(6, 1), (6, 1)]), 1)
    assert nest.loops == (Loop(Extent(6, (0,)), False, (1, 1)),)


def test_a_dynamic_inner_size_may_leave_gaps() -> None:
    assert len(plan(loops((5, 0), [(6, 1), (6, 1)]), 1).loops) == 2


def test_a_row_pitch_keeps_loops_apart() -> None:
    nest = plan(loops((5, 6), [(8, 1), (6, 1)]), 1)
    assert [loop.extent for loop in nest.loops] == [Extent(5), Extent(6)]
    assert nest.vector == 1


def test_a_shared_row_is_read_once_for_all_rows() -> None:
    nest = plan(loops((5, 60), [(60, 1), (0, 1), (60, 1)]), 2)
    assert nest.vector == 0
    assert nest.loops[0].extent == Extent(60)
    assert (nest.level(0), nest.level(1), nest.level(2)) == (1, 0, 1)


def test_row_sums_gather_lanes_and_column_sums_do_not() -> None:
    rows = plan(loops((5, 60), [(60, 1), (1, 0)], reductions={1}), 1)
    assert rows.vector == 1
    assert rows.is_summed_over_lanes(1)
    columns = plan(loops((5, 60), [(60, 1), (0, 1)], reductions={0}), 1)
    assert columns.vector == 0
    assert columns.loops[0].extent == Extent(60)
    assert not columns.is_summed_over_lanes(1)
    assert columns.level(1) == 0


def test_the_loop_without_gaps_is_vectorised() -> None:
    nest = plan(loops((50, 60), [(1, 50), (1, 50)]), 1)
    assert nest.loops[nest.vector].extent == Extent(50)


def test_single_elements_are_one_lane() -> None:
    nest = plan(loops((1, 1), [(1, 1)]), 0)
    assert nest.loops == (Loop(Extent(1), False, (1,)),)
    assert nest.vector == 0
    assert not nest.is_summed_over_lanes(0)


def test_rows_side_by_side_are_parallel_and_move_every_output() -> None:
    shared = plan(loops((5, 60), [(60, 1), (0, 1), (60, 1)]), 2)
    assert shared.rows([2]) == 1
    sums = plan(loops((5, 60), [(60, 1), (1, 0)], reductions={1}), 1)
    assert sums.rows([1]) == 0
    columns = plan(loops((5, 60), [(60, 1), (0, 1)], reductions={0}), 1)
    assert columns.rows([1]) is None
    assert plan(loops((60,), [(1,), (1,)]), 1).rows([1]) is None


def test_short_rows_lie_in_lanes_and_long_ones_do_not() -> None:
    """100 rows of 8: 8 * 2 strips of 64 rows, 8 lanes a cycle; 100 of 640 in 1,000 strips."""
    for length, vector in ((8, 100), (640, 640)):
        nest = plan(loops((100, length), [(length, 1), (1, 0)], reductions={1}), 1)
        assert nest.loops[nest.vector].extent == Extent(vector)


def test_a_middle_dimension_is_reduced_in_lanes_unless_they_are_few() -> None:
    for inner, vector in ((64, 64), (3, 640)):
        strides = [(640 * inner, inner, 1), (inner, 0, 1)]
        nest = plan(loops((2, 640, inner), strides, reductions={1}), 1)
        assert nest.loops[nest.vector].extent == Extent(vector)


def test_what_cannot_be_gathered_stays_where_lanes_have_no_gaps() -> None:
    strides = [(1920, 3, 1), (3, 0, 1)]
    nest = plan(loops((2, 640, 3), strides, reductions={1}), 1, gathers=False)
    assert nest.loops[nest.vector].extent == Extent(3)


def test_lines_that_are_counted_at_run_time_are_no_long_loop() -> None:
    """A pool of 3x3 over 64 channels that lie side by side: lanes are channels, not its rows."""
    sizes, image, out = (64, 0, 56, 3, 3), (1, 14464, 128, 7232, 64), (1, 3584, 64, 0, 0)
    pool = loops(sizes, [image, (0, 0, 0, 3, 1), out], reductions={3, 4})
    nest = plan(pool, 2, 1024)
    assert nest.loops[nest.vector].extent == Extent(64)
