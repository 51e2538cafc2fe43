"""Trace files, read back: their slices are the records, and add up to the statistics."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Mod,
    Mul,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.simulate import simulate
from npu.togsim.trace import TraceFile, TraceWindow

MACHINE = replace(
    load("8x8"),
    num_cores=2,
    core_freq_mhz=1000,  # a cycle is a nanosecond: times are cycle numbers
    num_systolic_array_per_core=2,
    dram_stats_print_period_cycles=100,
    icnt_stats_print_period_cycles=100,
)
EVERYTHING = TraceWindow()


def program(items: int = 6) -> Program:
    """Work items of a load, a preload and two matmuls, a tile function and a store; twice."""
    tile = Access("x", Mod(Iv("i"), 2), (Const(0), Const(0)), (Const(8), Const(8)))
    sums = replace(tile, buffer="acc")
    dims = ((Const(8), 32), (Const(8), 4))
    offset = Mul(Iv("i"), 256)
    body = (
        Load("t", 0, offset, dims, 4, tile),
        Wait("t"),
        Preload(Const(8), Const(8), tile),
        Loop("j", 0, 2, 1, (Matmul(Const(8), tile, sums),)),
        Vector("relu", (Const(8),), (sums,), (sums,)),
        Store("s", 1, offset, dims, 4, sums),
    )
    kernel = Kernel(
        "gemm",
        ("a", "b"),
        (Buffer("x", 2, (8, 8), 4, 0), Buffer("acc", 2, (8, 8), 4, 1024)),
        (TileFunction("relu", {(8,): 77}),),
        (Loop("i", 0, items, 1, body, parallel=True),),
        ("aten.mm", "aten.relu"),
    )
    tensors = (Tensor("left", 1 << 32, items * 256), Tensor("right", 1 << 33, items * 256))
    return Program(VERSION, tensors, (kernel,), (Launch(0, (0, 1)), Launch(0, (1, 0), (0,))))


@dataclass
class Slice:
    name: str
    begin: int
    end: int
    args: dict[str, int | str]
    depth: int

    @property
    def length(self) -> int:
        return self.end - self.begin


@dataclass
class Track:
    group: str
    name: str
    slices: list[Slice] = field(default_factory=list)
    values: list[tuple[int, float]] = field(default_factory=list)
    instants: list[tuple[int, str, dict[str, int | str]]] = field(default_factory=list)


class Names:
    """The interned names of a file."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.keys: dict[int, str] = {}
        self.texts: dict[int, str] = {}

    def add(self, data) -> None:
        self.names |= {entry.iid: entry.name for entry in data.event_names}
        self.keys |= {entry.iid: entry.name for entry in data.debug_annotation_names}
        self.texts |= {
            entry.iid: entry.str.decode() for entry in data.debug_annotation_string_values
        }

    def args(self, event) -> dict[str, int | str]:
        return {
            self.keys[a.name_iid]: self.texts[a.string_value_iid]
            if a.HasField("string_value_iid")
            else a.int_value
            for a in event.debug_annotations
        }


def read(path: Path) -> list[Track]:
    """The tracks of a file in their order, groups left out."""
    groups: dict[int, str] = {}
    tracks: dict[int, Track] = {}
    names = Names()
    open_slices: defaultdict[int, list[Slice]] = defaultdict(list)
    for packet in Trace.FromString(path.read_bytes()).packet:
        names.add(packet.interned_data)
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            if track.HasField("process"):
                groups[track.uuid] = track.process.process_name
            else:
                tracks[track.uuid] = Track(groups[track.parent_uuid], track.name)
        if not packet.HasField("track_event"):
            continue
        event, time = packet.track_event, packet.timestamp
        track, opened = tracks[event.track_uuid], open_slices[event.track_uuid]
        if event.type == TrackEvent.TYPE_SLICE_BEGIN:
            name = names.names[event.name_iid]
            one = Slice(name, time, -1, names.args(event), len(opened))
            opened.append(one)
            track.slices.append(one)
        elif event.type == TrackEvent.TYPE_SLICE_END:
            opened.pop().end = time
        elif event.type == TrackEvent.TYPE_COUNTER:
            track.values.append((time, event.double_counter_value))
        else:
            track.instants.append((time, names.names[event.name_iid], names.args(event)))
    assert not any(open_slices.values())
    return list(tracks.values())


def traced(path: Path, window: TraceWindow = EVERYTHING, machine=MACHINE, **options):
    """The tracks and the result of the sample, and its summary."""
    result = simulate(program(), machine, trace=TraceFile(path / "t.pftrace", window, **options))
    assert [file.name for file in path.iterdir()] == ["t.pftrace"]
    assert result.trace_file is not None
    return read(path / "t.pftrace"), result, result.trace_file


def slices_of(tracks: list[Track], group: str, name: str) -> list[Slice]:
    """The slices of the tracks of a name, those inside others left out."""
    alike = [track for track in tracks if (track.group, track.name) == (group, name)]
    return [one for track in alike for one in track.slices if one.depth == 0]


def length(slices: list[Slice], name: str | None = None) -> int:
    return sum(one.length for one in slices if name in {None, one.name})


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
        with pytest.raises(UserError, match="name of a file in a folder that exists"):
            simulate(program(), MACHINE, trace=TraceFile(path))
