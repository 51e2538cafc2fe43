"""Trace files, read back: their slices are the records, and add up to the statistics."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from npu.togsim.graph import (
    Launch,
)
from npu.togsim.simulate import simulate
from npu.togsim.trace import TraceFile
from tests.togsim.trace.reading import MACHINE, length, program, read, slices_of, traced


def test_slices_lie_in_the_run_and_one_after_the_other(tmp_path: Path) -> None:
    tracks, result, summary = traced(tmp_path)
    for track in tracks:
        top = [one for one in track.slices if one.depth == 0]
        for one, following in pairwise(top):
            assert one.end <= following.begin
        for one in track.slices:
            assert 0 <= one.begin <= one.end <= result.total_cycles
    assert summary.slices == sum(len(track.slices) for track in tracks)
    assert summary.left_out == 0


def test_states_add_up_to_the_statistics(tmp_path: Path) -> None:
    tracks, result, _ = traced(tmp_path)
    for index, core in enumerate(result.cores):
        units = {"front": core.front, "execute": core.execute, "vector": core.vector}
        units |= {"dma": core.dma}
        units |= {f"array {i}": array for i, array in enumerate(core.arrays)}
        for unit, stats in units.items():
            states = slices_of(tracks, f"core {index}", f"{unit} state")
            for name, cycles in vars(stats).items():
                if name.endswith("_cycles") and name != "idle_cycles":
                    assert length(states, name.removesuffix("_cycles")) == cycles
            assert length(states) == result.total_cycles - stats.idle_cycles


def test_work_adds_up_to_the_statistics(tmp_path: Path) -> None:
    tracks, result, _ = traced(tmp_path)
    for index, core in enumerate(result.cores):
        group = f"core {index}"
        for i, array in enumerate(core.arrays):
            assert length(slices_of(tracks, group, f"array {i} rows")) == array.active_cycles
        assert length(slices_of(tracks, group, "vector unit")) == core.vector.active_cycles
        queue = slices_of(tracks, group, "execute queue")
        assert len(queue) == core.execute.active_cycles
        waits = [one for one in queue if one.name == "wait t"]
        assert length(waits) - len(waits) == core.execute.waiting_token_cycles
        others = [one for one in queue if one.name != "wait t"]
        assert length(others) - len(others) == core.execute.waiting_unit_cycles
        moved = [
            one
            for track in tracks
            if track.group == group and track.name.startswith("DMA")
            for one in track.slices
            if one.name == "requests"
        ]
        injecting = {cycle for one in moved for cycle in range(one.begin, one.end)}
        assert len(injecting) == core.dma.active_cycles


def test_slices_are_the_records(tmp_path: Path) -> None:
    tracks, _, _ = traced(tmp_path)
    records = simulate(program(), MACHINE, trace=True).trace
    for core in range(2):
        for name, kind in (
            ("DMA loads", "load"),
            ("DMA stores", "store"),
            ("vector unit", "vector"),
        ):
            found = sorted((one.begin, one.end) for one in slices_of(tracks, f"core {core}", name))
            assert found == sorted(
                (r.started, r.completed) for r in records if (r.core, r.op) == (core, kind)
            )


def test_names_and_arguments_tell_where_work_comes_from(tmp_path: Path) -> None:
    tracks, _, _ = traced(tmp_path)
    load_slice = slices_of(tracks, "core 1", "DMA loads")[0]
    assert load_slice.name == "load left"
    assert load_slice.args == {
        "kernel": "gemm",
        "torch_ops": "aten.mm, aten.relu",
        "torch_lines": "mlp.py:12",
        "launch": 0,
        "node": 0,
        "decoded_cycle": 0,
        "bytes": 256,
        "buffer": "x",
        "completed_cycle": load_slice.end,
        "begin_cycle": 1,
        "end_cycle": load_slice.end,
    }
    assert {one.name for one in slices_of(tracks, "core 0", "vector unit")} == {"relu"}
    pushes = slices_of(tracks, "core 0", "array 1 rows")
    assert {(one.name, one.args["rows"], one.args["node"]) for one in pushes} == {("matmul", 8, 4)}
    weights = slices_of(tracks, "core 0", "array 0 weights")
    assert {(one.name, one.args["node"], one.length) for one in weights} == {("preload", 2, 8)}
    stores = slices_of(tracks, "core 0", "DMA stores")
    assert {one.name for one in stores if one.args["launch"] == 1} == {"store left"}


def test_launches_are_on_the_program(tmp_path: Path) -> None:
    tracks, result, _ = traced(tmp_path)
    found = [(s.name, s.begin, s.end) for s in slices_of(tracks, "program", "launches")]
    assert found == [("gemm", launch.start, launch.end) for launch in result.launches]


def test_requests_and_queues_have_their_tracks(tmp_path: Path) -> None:
    machine = replace(MACHINE, num_partition=2, partition=(("core_0", 0), ("core_1", 1)))
    one = program()
    launches = (
        Launch(0, (0, 1), request="left", arrival_ns=40),
        Launch(0, (0, 1), queue=1, request="right"),
        Launch(0, (0, 1), (0,), request="left", arrival_ns=40),
    )
    path = tmp_path / "t.pftrace"
    result = simulate(replace(one, launches=launches), machine, trace=TraceFile(path))
    tracks = read(path)
    first, second, third = result.launches
    for queue, expected in ((0, [first, third]), (1, [second])):
        found = slices_of(tracks, "program", f"queue {queue}")
        assert [(s.begin, s.end) for s in found] == [(e.start, e.end) for e in expected]
    requests = {s.name: (s.begin, s.end) for s in slices_of(tracks, "program", "requests")}
    assert requests == {"left": (40, third.end), "right": (0, second.end)}


def test_channels_tell_their_bandwidth(tmp_path: Path) -> None:
    tracks, result, _ = traced(tmp_path)
    dram = [track for track in tracks if track.group == "DRAM"]
    assert [track.name for track in dram] == ["channel 0"]
    period_ns = 100 * float(MACHINE.dram_cycle_ps) / 1000
    moved = sum(value * period_ns for _, value in dram[0].values)
    assert moved == pytest.approx(result.channels[0].bytes)
    assert [time for time, _ in dram[0].values][:3] == [0, 125, 250]


def test_the_network_tells_what_left_it(tmp_path: Path) -> None:
    tracks, result, _ = traced(tmp_path)
    network = {track.name: track.values for track in tracks if track.group == "network"}
    requests = sum(core.dma.read_requests + core.dma.write_requests for core in result.cores)
    for name in ("requests", "responses"):
        assert sum(value * 100 for _, value in network[name]) == pytest.approx(requests)
        period_ns = 100 * 1000 / MACHINE.icnt_freq_mhz
        assert [time for time, _ in network[name]][:3] == [0, int(period_ns), int(2 * period_ns)]
    assert set(network) == {"requests", "responses"}, "the simple network has no flits"


def test_without_periods_there_are_no_counters(tmp_path: Path) -> None:
    machine = replace(MACHINE, dram_stats_print_period_cycles=0, icnt_stats_print_period_cycles=0)
    tracks, _, _ = traced(tmp_path, machine=machine)
    assert not [track for track in tracks if track.group in {"DRAM", "network"}]
