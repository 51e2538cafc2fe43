"""Loop planning: the mathematics alone."""

from npu.codegen.nest import Extent, Loop, plan


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
