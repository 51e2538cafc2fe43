"""The packets of a Perfetto trace: tracks, slices, instants and counters, in a file.

The protobuf classes are those of the `perfetto` package, which the Perfetto project publishes.
Names are interned: the file holds each once. Equal calls give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import (
    CounterDescriptor,
    Trace,
    TracePacket,
    TrackDescriptor,
    TrackEvent,
)

_SEQUENCE = 1
"""All packets are of one writer: interned names are valid in one sequence."""

_PACKETS_PER_CHUNK = 4096
"""Packets held in memory; a trace is a concatenation of such chunks."""


class PerfettoWriter:
    """Writes a trace to `file`; call `close()` at the end. Times are in nanoseconds."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._chunk = Trace()
        self._tracks = 0
        self._names: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._texts: dict[str, int] = {}
        self.slices = 0
        """Slices written so far."""
        first = self._packet()
        first.sequence_flags = TracePacket.SEQ_INCREMENTAL_STATE_CLEARED

    def process(self, pid: int, name: str) -> int:
        """A group of tracks, in the order of the calls; its id."""
        track = self._track(name)
        track.process.pid = pid
        track.process.process_name = name
        track.child_ordering = TrackDescriptor.EXPLICIT
        return track.uuid

    def track(self, group: int, name: str, order: int) -> int:
        """A track of slices in a group; those of one group and name are shown as one."""
        return self._child(group, name, order).uuid

    def counter(self, group: int, name: str, order: int, unit: str) -> int:
        """A track of values in a group."""
        track = self._child(group, name, order)
        track.counter.unit = CounterDescriptor.UNIT_UNSPECIFIED
        track.counter.unit_name = unit
        return track.uuid

    def begin(self, track: int, time: int, name: str, args: Mapping[str, int | str]) -> None:
        """Begins a slice. Slices of a track nest, and each ends with `end`."""
        packet = self._packet()
        self._event(packet, TrackEvent.TYPE_SLICE_BEGIN, track, time)
        packet.track_event.name_iid = self._name(packet, name)
        self._annotate(packet, args)
        self.slices += 1

    def end(self, track: int, time: int) -> None:
        """Ends the innermost open slice of a track."""
        self._event(self._packet(), TrackEvent.TYPE_SLICE_END, track, time)

    def instant(self, track: int, time: int, name: str, args: Mapping[str, int | str]) -> None:
        """A moment on a track."""
        packet = self._packet()
        self._event(packet, TrackEvent.TYPE_INSTANT, track, time)
        packet.track_event.name_iid = self._name(packet, name)
        self._annotate(packet, args)

    def value(self, track: int, time: int, value: float) -> None:
        """What a counter stands at from `time` on."""
        packet = self._packet()
        self._event(packet, TrackEvent.TYPE_COUNTER, track, time)
        packet.track_event.double_counter_value = value

    def close(self) -> None:
        """Writes what is held."""
        self._file.write(self._chunk.SerializeToString(deterministic=True))
        self._chunk = Trace()

    def _packet(self) -> TracePacket:
        if len(self._chunk.packet) == _PACKETS_PER_CHUNK:
            self.close()
        packet = self._chunk.packet.add()
        packet.trusted_packet_sequence_id = _SEQUENCE
        return packet

    def _track(self, name: str) -> TrackDescriptor:
        self._tracks += 1
        track = self._packet().track_descriptor
        track.uuid = self._tracks
        track.name = name
        return track

    def _child(self, group: int, name: str, order: int) -> TrackDescriptor:
        track = self._track(name)
        track.parent_uuid = group
        track.sibling_order_rank = order
        return track

    @staticmethod
    def _event(packet: TracePacket, kind: TrackEvent.Type, track: int, time: int) -> None:
        packet.timestamp = time
        packet.sequence_flags = TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
        packet.track_event.type = kind
        packet.track_event.track_uuid = track

    def _annotate(self, packet: TracePacket, args: Mapping[str, int | str]) -> None:
        for key, value in args.items():
            annotation = packet.track_event.debug_annotations.add()
            annotation.name_iid = self._key(packet, key)
            if isinstance(value, int):
                annotation.int_value = value
            else:
                annotation.string_value_iid = self._text(packet, value)

    def _name(self, packet: TracePacket, name: str) -> int:
        number = self._names.get(name)
        if number is None:
            number = self._names[name] = len(self._names) + 1
            packet.interned_data.event_names.add(iid=number, name=name)
        return number

    def _key(self, packet: TracePacket, name: str) -> int:
        number = self._keys.get(name)
        if number is None:
            number = self._keys[name] = len(self._keys) + 1
            packet.interned_data.debug_annotation_names.add(iid=number, name=name)
        return number

    def _text(self, packet: TracePacket, text: str) -> int:
        number = self._texts.get(text)
        if number is None:
            number = self._texts[text] = len(self._texts) + 1
            packet.interned_data.debug_annotation_string_values.add(iid=number, str=text.encode())
        return number
