"""Timing of the systolic arrays: weights, pushes, draining, the rotation over several."""

from dataclasses import replace

import pytest

from npu.configs.array_passes import ArrayPasses
from npu.configs.errors import UserError
from npu.togsim.graph import Const, Matmul, Preload
from tests.togsim.timing import ZERO, matmul, part, preload, run, times


def test_preload_takes_a_cycle_a_row() -> None:
    assert times(run(preload())) == [(1, 9)]


def test_matmul_starts_when_its_weights_are_there_and_drains() -> None:
    # weights at 9; 16 pushes, then 15 cycles for the last result
    assert times(run(preload(), matmul(16, 0))) == [(1, 9), (9, 9 + 16 + 15)]


def test_fill_and_drain_overlap_with_the_next_matmul() -> None:
    result = run(preload(), matmul(16, 0), matmul(4, 16))
    assert times(result) == [(1, 9), (9, 40), (25, 25 + 4 + 15)]


def test_a_type_of_three_passes_takes_three_times_as_long_on_both_ports() -> None:
    wide = replace(preload(), element="bf16")
    result = run(wide, matmul(16, 0), array_passes=ArrayPasses(bf16=3))
    # weights at 1 + 3 * 8; 3 * 16 pushes, then 15 cycles for the last result
    assert times(result) == [(1, 25), (25, 25 + 48 + 15)]
    assert times(run(wide, matmul(16, 0))) == [(1, 9), (9, 9 + 16 + 15)]


def test_a_type_that_the_arrays_do_not_take_is_refused() -> None:
    with pytest.raises(UserError, match=r"a preload of f16 weights: the arrays take f32 and bf16"):
        run(replace(preload(), element="f16"), array_passes=ArrayPasses(f16=0))


def three_pairs(depth: int) -> list[tuple[int, int]]:
    body = (preload(), matmul(100, 0), preload(), matmul(100, 100), preload(), matmul(100, 200))
    return times(run(*body, sa_weight_buffer_depth=depth))


def test_two_weight_slots_hide_one_preload() -> None:
    assert three_pairs(2) == [
        (1, 9),
        (9, 124),
        (9, 17),  # the second slot, while the first matmul pushes
        (109, 224),
        (109, 117),  # the first slot is free after the last push of the first matmul
        (209, 324),
    ]


def test_one_weight_slot_hides_nothing() -> None:
    assert [start for start, _ in three_pairs(1)] == [1, 9, 109, 117, 217, 225]


def test_three_weight_slots_let_preloads_run_further_ahead() -> None:
    assert [start for start, _ in three_pairs(3)] == [1, 9, 9, 109, 17, 209]


def test_pairs_rotate_over_the_arrays() -> None:
    body = (preload(), matmul(100, 0), preload(), matmul(100, 100), preload(), matmul(100, 200))
    result = run(*body, num_systolic_array_per_core=2)
    arrays = [r.array for r in sorted(result.trace, key=lambda r: r.decoded)]
    assert arrays == [0, 0, 1, 1, 0, 0]
    # decoded at 0 1 2 3 4 5; the second pair has an array of its own; the third follows the first
    assert [start for start, _ in times(result)] == [1, 9, 3, 11, 9, 109]


def test_empty_pairs_take_a_cycle_each_in_the_front_and_no_array() -> None:
    nothing = (
        Preload(Const(0), Const(8), part("x", 0, 0)),
        Matmul(Const(4), replace(part("x", 0, 4), size=(Const(4), ZERO)), part("acc", 0, 4)),
    )
    body = (preload(), matmul(100, 0), *nothing, preload(), matmul(100, 100), *nothing)
    result = run(*body, num_systolic_array_per_core=2)
    # decoded at 0 1 and, behind the two that are skipped, at 4 5; the second array is next in turn
    assert [r.array for r in sorted(result.trace, key=lambda r: r.decoded)] == [0, 0, 1, 1]
    assert [start for start, _ in times(result)] == [1, 9, 5, 13]
    counts = result.cores[0].instructions
    assert (counts.preload, counts.matmul) == (2, 2)


def test_two_matmuls_may_use_one_preload() -> None:
    result = run(
        preload(),
        matmul(50, 0),
        matmul(50, 50),
        preload(),
        matmul(1, 100),
        sa_weight_buffer_depth=1,
    )
    assert [start for start, _ in times(result)] == [1, 9, 59, 109, 117]
