"""The file style of Ramulator 2.1: explicit tables, as its Python package exports them.

A `dram` with `org_preset` and `timing_preset`, the names that the Python package takes, is read
too; figures beside them override single ones, in clocks. (Ramulator 2.1 itself reads tables only.)
"""

from __future__ import annotations

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
from npu.configs.dram.model import DramModel
from npu.configs.dram.section import Section
from npu.configs.dram.standard import NAMES, UNSET, Organisation, Standard, standard
from npu.configs.dram.tables import command_cycles, constraint_table, numbers
from npu.configs.dram.timings import fill, in_ticks
from npu.configs.yaml_tree import Sequence

QUEUE = 32
"""Entries of the read and write queues unless the file says otherwise, as in 2.1."""

PRIORITY_QUEUE = 1568
"""Entries of the queue of refreshes unless the file says otherwise, as in 2.1."""

MAX_QUEUE = 1 << 16
"""Most entries of a queue."""

CONTROLLERS = ("GenericDDR", "HBM12", "HBM34", "LPDDR5")
"""Controllers of 2.1 that are modelled."""


def read(root: Section) -> DramModel:
    """The model that a 2.1 file means."""
    policies.frontend(root, "frontend")
    memory = root.section("memory_system")
    root.close("a Ramulator 2.1 file")
    memory.word("impl", ("GenericDRAM",))
    memory.integer("clock_ratio", 1, policies.MAX_RATIO, default=1)
    _channel_mapper(memory)
    section = _single_controller(memory)
    memory.close("a memory system")
    dram = section.section("dram")
    found = standard("2.1", dram.word("impl", NAMES))
    controller = _controller(section, found)
    section.close(f"the {controller.name} controller")
    if "org_preset" in dram or "timing_preset" in dram:
        return _from_presets(dram, found, controller)
    return _from_tables(dram, found, controller)


def _channel_mapper(memory: Section) -> None:
    if "channel_mapper" not in memory:
        return
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


def _controller(section: Section, found: Standard) -> Controller:
    name = section.word("impl", CONTROLLERS)
    if name not in found.controllers:
        expected = f"a controller of {found.name}: {' or '.join(found.controllers)}"
        section.refuse("impl", f"is '{name}'", expected)
    high, low = policies.watermarks(section)
    write_queue = section.integer("write_buffer_size", 1, MAX_QUEUE, default=QUEUE)
    wck = "need_sync"
    if name == "LPDDR5":
        wck = section.word("wck_sync_mode", ("need_sync", "always_on"), default=wck)
    policies.only(section, "scheduler", ("FRFCFS",))
    policies.only(section, "row_policy", ("Open",))
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
    section = controller.section("refresh_manager")
    name = section.word("impl", ("AllBank", "NoRefresh"))
    if name == "AllBank":
        section.integer("scatter_interval", 0, 0, default=0)
        if section.boolean("debug", default=False):
            section.refuse("debug", "is true", "false: 'togsim dram --commands' shows refreshes")
    section.close(f"'{name}'")
    return name == "AllBank"


def _from_tables(dram: Section, found: Standard, controller: Controller) -> DramModel:
    org = dram.section("org")
    dq = org.integer("dq", 1, 1024)
    count = tuple(numbers(org, "count", len(found.levels), found.levels, 1, MAX_NODES))
    org.close(f"the organisation of {found.name}")
    device = Organisation(0, dq, count)
    check_counts(org, "count", found, device)
    width = _width(dram, found, device, found.channel_width)
    figures = numbers(dram, "timing", len(found.timings), found.timings, 0, MAX_TICKS)
    timing = dict(zip(found.timings, figures, strict=True))
    if not 2 <= timing["rate"] <= MAX_RATE:
        dram.refuse("timing", f"begins with the rate {timing['rate']}", f"MT/s up to {MAX_RATE}")
    check_timing(dram, "timing", found, timing)
    latency = dram.integer("read_latency", 1, MAX_TICKS)
    means = value_of(found.sums["read_latency"], timing)
    if latency != means:
        expected = f"{found.sums['read_latency']} of the timing, {means}"
        dram.refuse("read_latency", f"is {latency}", expected, f"write {means}")
    constraints = constraint_table(dram, found)
    cycles = command_cycles(dram, found)
    dram.close(f"a {found.name} device")
    return assemble(
        found,
        controller,
        dram,
        counts=count,
        width=width,
        timing=timing,
        constraints=constraints,
        command_ticks=cycles,
    )


def _from_presets(dram: Section, found: Standard, controller: Controller) -> DramModel:
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
    width = _width(dram, found, device, found.channel_width)
    clocks = dict(zip(found.timings, speed, strict=True))
    fill(found, clocks, device)
    for name in found.timings:
        clocks[name] = dram.integer(name, 0, MAX_TICKS, default=clocks[name])
    dram.close(f"a {found.name} device by presets")
    missing = [name for name in found.timings if clocks[name] == UNSET]
    if missing:
        expected = f"a value for {', '.join(missing)}: no preset and no table has it"
        dram.refuse(missing[0], "is missing", expected, f"add '{missing[0]}: ...'")
    timing = in_ticks(found, clocks)
    check_timing(dram, "timing_preset", found, timing)
    return assemble(
        found,
        controller,
        dram,
        counts=count,
        width=width,
        timing=timing,
        constraints=table(found, timing),
        command_ticks=found.command_ticks,
    )


def _width(dram: Section, found: Standard, device: Organisation, default: int) -> int:
    width = dram.integer("channel_width", 1, 1024, default=default)
    check_width(dram, width, found)
    if width % device.dq:
        expected = f"a multiple of the chips' {device.dq} pins (dq)"
        dram.refuse("channel_width", f"is {width}", expected)
    return width
