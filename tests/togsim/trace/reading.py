"""A run with every kind of track, traced, and its file read back."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent

from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
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
    dims = (DmaDim(Const(8), 32), DmaDim(Const(8), 4))
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
    )
    tensors = (Tensor("left", 1 << 32, items * 256), Tensor("right", 1 << 33, items * 256))
    ops, lines = ("aten.mm", "aten.relu"), ("mlp.py:12",)
    launches = (
        Launch(0, (0, 1), torch_ops=ops, torch_lines=lines),
        Launch(0, (1, 0), (0,), torch_ops=ops, torch_lines=lines),
    )
    return Program(VERSION, tensors, (kernel,), launches)


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
