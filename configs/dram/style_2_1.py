"""The file style of Ramulator 2.1: explicit tables, as its Python package exports them.

A `dram` with `org_preset` and `timing_preset`, the names that the Python package takes, is read
too; figures beside them override single ones, in clocks. (Ramulator 2.1 itself reads tables only.)
"""

from __future__ import annotations

from dataclasses import dataclass

from npu.configs.dram import policies
from npu.configs.dram.assemble import (
    MAX_NODES,
    MAX_RATE,
    MAX_TICKS,
    Controller,
    assemble,
    check_counts,
    check_timing,
    check_width,
)
from npu.configs.dram.constraints import table
from npu.configs.dram.expression import value_of
from npu.configs.dram.model import Constraint, DramModel
from npu.configs.dram.standard import NAMES, UNSET, Organisation, Standard, standard
from npu.configs.dram.tables import command_cycles, constraint_table, numbers
from npu.configs.dram.timings import fill, in_ticks
from npu.configs.section import Section
from npu.configs.yaml.tree import Sequence

QUEUE = 32
"""Entries of the read and write queues unless the file says otherwise, as in 2.1."""

PRIORITY_QUEUE = 1568
"""Entries of the queue of refreshes unless the file says otherwise, as in 2.1."""

MAX_QUEUE = 1 << 16
"""Most entries of a queue."""

CLOSING = ("ClosedCAP", "Closed", "ClosedCap")
"""Policies of 2.1 that close rows."""

CONTROLLERS = ("GenericDDR", "HBM12", "HBM34", "LPDDR5")
"""Controllers of 2.1 that are modelled."""


@dataclass(frozen=True)
class _Device:
    """What a `dram` section means."""

    section: Section
    standard: Standard
    counts: tuple[int, ...]
    width: int
    timing: dict[str, int]
    constraints: tuple[Constraint, ...]
    command_ticks: tuple[int, ...]


def read(root: Section) -> DramModel | None:
    """The model that a 2.1 file means; None where a fault has been noted."""
    policies.frontend(root, "frontend")
    memory: Section | None = None
    section: Section | None = None
    with root.faults.part():
        memory = root.section("memory_system")
    root.close("a Ramulator 2.1 file")
    if memory is None:
        return None
    memory.word("impl", ("GenericDRAM",))
    memory.integer("clock_ratio", 1, policies.MAX_RATIO, default=1)
    _channel_mapper(memory)
    with root.faults.part():
        section = _single_controller(memory)
    memory.close("a memory system")
    return None if section is None else _model(section)


def _model(section: Section) -> DramModel | None:
    """The model of the one controller and its DRAM."""
    device: _Device | None = None
    found: Standard | None = None
    with section.faults.part():
        dram = section.section("dram")
        found = standard("2.1", dram.name("impl", NAMES))
        is_by_name = "org_preset" in dram or "timing_preset" in dram
        device = (_from_presets if is_by_name else _from_tables)(dram, found)
    controller = _controller(section, found)
    section.close(f"the {controller.name} controller")
    if device is None or len(section.faults):
        return None
    return assemble(
        device.standard,
        controller,
        device.section,
        counts=device.counts,
        width=device.width,
        timing=device.timing,
        constraints=device.constraints,
        command_ticks=device.command_ticks,
    )


def _channel_mapper(memory: Section) -> None:
    if "channel_mapper" not in memory:
        return
    with memory.faults.part():
        section = memory.section("channel_mapper")
        section.word("impl", ("CacheLineInterleave",))
        section.integer("interleave_bits", 0, 0, default=0)
        section.close("'CacheLineInterleave' of one channel")


def _single_controller(memory: Section) -> Section:
    node = memory.need("controllers", "a list of one controller")
    if not isinstance(node, Sequence) or len(node.items) != 1:
        count = f"has {len(node.items)} entries" if isinstance(node, Sequence) else "is no list"
        expected = "a list of one controller: a machine's dram_channels tells how many channels"
        memory.refuse("controllers", count, expected, "keep one of them")
    return memory.as_section("controllers", node.items[0])


def _controller(section: Section, found: Standard | None) -> Controller:
    """The controller, and whether it is one of the standard `found`, if that is known."""
    name = section.word("impl", CONTROLLERS)
    if found is not None and section.is_sound and name not in found.controllers:
        expected = f"a controller of {found.name}: {' or '.join(found.controllers)}"
        section.tell("impl", f"is '{name}'", expected)
    high, low = policies.watermarks(section)
    write_queue = section.integer("write_buffer_size", 1, MAX_QUEUE, default=QUEUE)
    wck = "need_sync"
    if name == "LPDDR5":
        wck = section.word("wck_sync_mode", ("need_sync", "always_on"), default=wck)
    policies.only(section, "scheduler", ("FRFCFS",))
    with section.faults.part():
        policies.open_rows(section, "row_policy", "Open", CLOSING)
    policies.no_plugins(section, "controller_plugins")
    return Controller(
        name=name,
        queue=write_queue,
        read_queue=section.integer("read_buffer_size", 1, MAX_QUEUE, default=QUEUE),
        write_queue=write_queue,
        priority_queue=section.integer(
            "priority_buffer_size", 1, MAX_QUEUE, default=PRIORITY_QUEUE
        ),
        high=high,
        low=low,
        refresh=_refresh(section),
        address_mapper=policies.mapper(section, "addr_mapper"),
        wck_always_on=wck == "always_on",
    )


def _refresh(controller: Section) -> bool:
    with controller.faults.part():
        section = controller.section("refresh_manager")
        name = section.name("impl", ("AllBank", "NoRefresh"))
        if name == "AllBank":
            section.integer("scatter_interval", 0, 0, default=0)
            if section.boolean("debug", default=False):
                expected = "false: 'togsim dram --commands' shows refreshes"
                section.tell("debug", "is true", expected)
        section.close(f"'{name}'")
        return name == "AllBank"
    return False


def _from_tables(dram: Section, found: Standard) -> _Device | None:
    device: Organisation | None = None
    timing: dict[str, int] | None = None
    constraints: tuple[Constraint, ...] | None = None
    cycles: list[int] = []
    with dram.faults.part():
        device = _organisation(dram.section("org"), found)
    width = _width(dram, found, device)
    with dram.faults.part():
        timing = _timing(dram, found)
    with dram.faults.part():
        constraints = constraint_table(dram, found)
    with dram.faults.part():
        cycles = command_cycles(dram, found)
    dram.close(f"a {found.name} device")
    if device is None or timing is None or constraints is None:
        return None
    return _Device(dram, found, device.count, width, timing, constraints, tuple(cycles))


def _organisation(org: Section, found: Standard) -> Organisation | None:
    dq = org.integer("dq", 1, 1024)
    count: list[int] | None = None
    with org.faults.part():
        count = numbers(org, "count", len(found.levels), found.levels, 1, MAX_NODES)
    org.close(f"the organisation of {found.name}")
    if count is None:
        return None
    device = Organisation(0, dq, tuple(count))
    check_counts(org, "count", found, device)
    return device if org.is_sound else None


def _timing(dram: Section, found: Standard) -> dict[str, int]:
    """The list of timings, and whether the read latency is what they mean."""
    before = len(dram.faults)
    latency = dram.integer("read_latency", 1, MAX_TICKS)
    is_latency = len(dram.faults) == before
    figures = numbers(dram, "timing", len(found.timings), found.timings, 0, MAX_TICKS)
    timing = dict(zip(found.timings, figures, strict=True))
    if not 2 <= timing["rate"] <= MAX_RATE:
        dram.refuse("timing", f"begins with the rate {timing['rate']}", f"MT/s up to {MAX_RATE}")
    check_timing(dram, "timing", found, timing)
    means = value_of(found.sums["read_latency"], timing)
    if latency != means and is_latency:
        expected = f"{found.sums['read_latency']} of the timing, {means}"
        dram.tell("read_latency", f"is {latency}", expected, f"write {means}")
    return timing


def _from_presets(dram: Section, found: Standard) -> _Device | None:
    preset = found.organisations[dram.word("org_preset", tuple(found.organisations))]
    speed = found.speeds[dram.word("timing_preset", tuple(found.speeds))]
    count = (
        1,
        *(
            dram.integer(level, 1, MAX_NODES, default=preset.count[i])
            for i, level in enumerate(found.levels)
            if i
        ),
    )
    device = Organisation(preset.density, preset.dq, count)
    check_counts(dram, "", found, device)
    width = _width(dram, found, device)
    clocks = dict(zip(found.timings, speed, strict=True))
    fill(found, clocks, device)
    for name in found.timings:
        clocks[name] = dram.integer(name, 0, MAX_TICKS, default=clocks[name])
    dram.close(f"a {found.name} device by presets")
    if not dram.is_sound:
        return None
    missing = [name for name in found.timings if clocks[name] == UNSET]
    if missing:
        expected = f"a value for {', '.join(missing)}: no preset and no table has it"
        dram.refuse(missing[0], "is missing", expected, f"add '{missing[0]}: ...'")
    timing = in_ticks(found, clocks)
    check_timing(dram, "timing_preset", found, timing)
    return _Device(dram, found, count, width, timing, table(found, timing), found.command_ticks)


def _width(dram: Section, found: Standard, device: Organisation | None) -> int:
    width = dram.integer("channel_width", 1, 1024, default=found.channel_width)
    check_width(dram, width, found)
    if device is not None and width % device.dq:
        expected = f"a multiple of the chips' {device.dq} pins (dq)"
        dram.tell("channel_width", f"is {width}", expected)
    return width
