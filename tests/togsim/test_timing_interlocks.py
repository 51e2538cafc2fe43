"""Timing of the interlocks between reads and writes of the scratchpads."""

from tests.togsim.timing import load_rows, matmul, part, preload, run, times, vector


def test_raw_a_reader_starts_when_the_writer_is_complete() -> None:
    write = vector("f10", (), (part("x", 0, 8),))
    assert times(run(write, preload(7))) == [(1, 11), (11, 19)]
    assert times(run(write, preload(8))) == [(1, 11), (2, 10)]


def test_war_a_writer_starts_when_the_reader_has_read() -> None:
    assert times(run(preload(), vector("f10", (), (part("x", 0, 1),)))) == [(1, 9), (9, 19)]


def test_war_a_matmul_has_read_its_rows_after_its_last_push() -> None:
    rows = part("x", 100, 108)
    # pushes from 9 to 25, results until 40
    over_rows = run(preload(), matmul(16, 0), vector("f10", (), (rows,)))
    assert times(over_rows)[2] == (25, 35)
    over_sums = run(preload(), matmul(16, 0), vector("f10", (), (part("acc", 7, 8),)))
    assert times(over_sums)[2] == (40, 50)


def test_waw_a_load_overwrites_when_the_writer_is_complete() -> None:
    write = vector("f10", (), (part("x", 0, 8),))
    assert times(run(write, load_rows("t", part("x", 0, 1)))) == [(1, 11), (11, 41)]
    other_slot = load_rows("t", part("x", 0, 1, slot=1))
    assert times(run(write, other_slot)) == [(1, 11), (2, 32)]


def test_accumulating_matmuls_chain_one_cycle_after_the_start() -> None:
    # the first matmul's rows are ready at 31; the second one's weights and rows long before
    make_rows = vector("f30", (), (part("x", 100, 108),))
    body = (make_rows, preload(), matmul(16, 0), preload(), matmul(16, 0, 200))
    started = [start for start, _ in times(run(*body, num_systolic_array_per_core=2))]
    assert started == [1, 2, 31, 4, 32]


def test_matmuls_on_overlapping_sums_that_differ_wait_for_completion() -> None:
    body = (preload(), matmul(16, 0), preload(), matmul(16, 4))
    started = [start for start, _ in times(run(*body, num_systolic_array_per_core=2))]
    assert started == [1, 9, 3, 40]
