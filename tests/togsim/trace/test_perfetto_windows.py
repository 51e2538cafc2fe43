"""Trace files of a part of the run, their times, and traces that cannot be."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from npu.configs.errors import UserError
from npu.togsim.simulate import simulate
from npu.togsim.trace import TraceFile, TraceWindow
from tests.togsim.trace.reading import MACHINE, Track, program, slices_of, traced


@pytest.mark.parametrize(
    "window",
    [TraceWindow(100, 300), TraceWindow(0, 1), TraceWindow(50, 60, every=7)],
    ids=["one", "first cycle", "every seventh"],
)
def test_a_window_holds_its_cycles_and_no_others(tmp_path: Path, window: TraceWindow) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "part").mkdir()
    whole, result, _ = traced(tmp_path / "all")
    part, _, _ = traced(tmp_path / "part", window)
    inside = {c for c in range(result.total_cycles) if is_inside(window, c)}

    def cycles(tracks: list[Track]) -> dict[tuple[str, str, str], set[int]]:
        found: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
        for track in tracks:
            for one in track.slices:
                key = (track.group, track.name, one.name)
                found[key] |= set(range(one.begin, one.end))
        return found

    expected = {key: found & inside for key, found in cycles(whole).items() if found & inside}
    assert expected == cycles(part)


def is_inside(window: TraceWindow, cycle: int) -> bool:
    """By the words of the documentation, not by the code's arithmetic."""
    length = window.end - window.begin
    return (
        cycle >= window.begin
        and (cycle - window.begin) // length % window.every == 0
        and (window.every > 1 or cycle < window.end)
    )


def test_a_limit_ends_the_trace_where_something_is_missing(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "part").mkdir()
    whole, _, _ = traced(tmp_path / "all")
    part, result, summary = traced(tmp_path / "part", limit=150)
    end = summary.complete_until
    assert end is not None
    assert 0 < end < result.total_cycles
    assert summary.left_out > 0
    assert summary.slices < sum(len(track.slices) for track in whole)
    assert f"ends at cycle {end}" in str(summary)
    for track in whole:
        for one in track.slices:
            one.end = min(one.end, end)
    kept = [
        (track.group, track.name, one.name, one.begin, one.end)
        for track in whole
        for one in track.slices
        if one.begin < one.end
    ]
    found = [(t.group, t.name, s.name, s.begin, s.end) for t in part for s in t.slices]
    assert sorted(found) == sorted(kept)
    (notice,) = [moment for track in part for moment in track.instants]
    assert notice == (end, "the trace ends here", {"left_out": summary.left_out, "limit": 150})


def test_times_are_those_of_the_clock(tmp_path: Path) -> None:
    machine = replace(MACHINE, core_freq_mhz=940)
    tracks, result, _ = traced(tmp_path, machine=machine)
    (first, _) = slices_of(tracks, "program", "launches")
    assert first.end == result.launches[0].end * 1000 // 940


def test_equal_runs_give_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        simulate(program(), MACHINE, trace=TraceFile(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_tracing_changes_no_cycle(tmp_path: Path) -> None:
    _, result, _ = traced(tmp_path)
    plain = simulate(program(), MACHINE)
    assert replace(result, wall_seconds=0.0).to_json() == replace(plain, wall_seconds=0.0).to_json()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TraceWindow(5, 5), "holds no cycle"),
        (lambda: TraceWindow(-1, 5), "holds no cycle"),
        (lambda: TraceWindow(0, 10, every=0), "at least 1"),
        (lambda: TraceWindow(0, every=2), "the window has no end"),
        (lambda: TraceWindow(0, 2**61, every=4), "exceeds 2\\^62"),
        (lambda: TraceFile(Path("x"), limit=0), "expected at least 1 entry"),
    ],
)
def test_impossible_traces_are_told(make, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()


def test_a_place_that_is_none_is_told_before_the_run(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "t"):
        with pytest.raises(UserError, match=r"name (a|of a) file"):
            simulate(program(), MACHINE, trace=TraceFile(path))
