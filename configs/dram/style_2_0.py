"""The file style of Ramulator 2.0: presets by name, with single figures overridden.

MemorySystem:
  impl: GenericDRAM
  DRAM:
    impl: HBM2
    org: {preset: HBM2_8Gb}
    timing: {preset: HBM2_1.8Gbps, nRP: 8, tRAS: 18.5}     # n: clocks, t: nanoseconds
  Controller: {impl: Generic, Scheduler: {impl: FRFCFS}, RefreshManager: {impl: AllBank}}
  AddrMapper: {impl: RoBaRaCoCh}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

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
from npu.configs.dram.model import DramModel
from npu.configs.dram.single import product
from npu.configs.dram.standard import NAMES, UNSET, Organisation, Standard, standard
from npu.configs.dram.timings import clock_ps, clocks_of, fill
from npu.configs.section import Section

Preset = TypeVar("Preset")

QUEUE = 32
"""Entries of the read and write queues, as 2.0 has them; it accepts while at most 32 wait: 33."""

MAX_CHANNELS = 4096
"""Channels of a machine, at most."""

CLOSING = ("ClosedRowPolicy", "CloseRowPolicy")
"""Policies of 2.0 that close rows."""

PRIORITY_QUEUE = 1568
"""Entries of the queue of refreshes, as 2.0 has it (512 * 3 + 32)."""


@dataclass(frozen=True)
class _Device:
    """What a `DRAM` section means."""

    section: Section
    standard: Standard
    counts: tuple[int, ...]
    width: int
    timing: dict[str, int]
    channels: int


def read(root: Section) -> DramModel | None:
    """The model that a 2.0 file means; None where a fault has been noted."""
    policies.frontend(root, "Frontend")
    device: _Device | None = None
    controller: Controller | None = None
    memory: Section | None = None
    with root.faults.part():
        memory = root.section("MemorySystem")
    root.close("a Ramulator 2.0 file")
    if memory is None:
        return None
    memory.word("impl", ("GenericDRAM",))
    memory.integer("clock_ratio", 1, policies.MAX_RATIO, default=1)
    mapper = policies.mapper(memory, "AddrMapper")
    with root.faults.part():
        device = _device(memory.section("DRAM"))
    with root.faults.part():
        controller = _controller(memory.section("Controller"), mapper)
    memory.close("a memory system")
    if device is None or controller is None or not root.is_sound:
        return None
    model = assemble(
        device.standard,
        controller,
        device.section,
        counts=device.counts,
        width=device.width,
        timing=device.timing,
        constraints=table(device.standard, device.timing),
        command_ticks=device.standard.command_ticks,
    )
    return replace(model, stated_channels=device.channels)


def _device(dram: Section) -> _Device | None:
    found = standard("2.0", dram.name("impl", NAMES))
    if dram.boolean("drampower_enable", default=False):
        dram.tell("drampower_enable", "is true", "false: energy has a table of its own")
    organisation: _Organisation | None = None
    timing: dict[str, int] | None = None
    with dram.faults.part():
        organisation = _organisation(dram.section("org"), found)
    device = organisation.device if organisation else None
    with dram.faults.part():
        timing = _timing(dram.section("timing"), found, device)
    dram.close(f"a {found.name} device")
    if organisation is None or device is None or timing is None:
        return None
    return _Device(dram, found, device.count, organisation.width, timing, organisation.channels)


def _controller(section: Section, mapper: str) -> Controller:
    section.word("impl", ("Generic",))
    high, low = policies.watermarks(section)
    policies.only(section, "Scheduler", ("FRFCFS",))
    refresh = policies.only(section, "RefreshManager", ("AllBank", "NoRefresh"))
    if "RowPolicy" in section:
        policies.open_rows(section, "RowPolicy", "OpenRowPolicy", CLOSING)
    policies.no_plugins(section, "plugins")
    section.close("the Generic controller")
    return Controller(
        name="Generic",
        queue=QUEUE,
        read_queue=QUEUE + 1,
        write_queue=QUEUE + 1,
        priority_queue=PRIORITY_QUEUE,
        high=high,
        low=low,
        refresh=refresh == "AllBank",
        address_mapper=mapper,
    )


@dataclass(frozen=True)
class _Organisation:
    """What an `org` section means: one channel, the width of its data bus, how many there are."""

    device: Organisation
    width: int
    channels: int


def _organisation(org: Section, found: Standard) -> _Organisation | None:
    """None where a fault has been noted."""
    preset = _preset(org, found.organisations)
    density = org.integer("density", 1, MAX_NODES, default=preset.density if preset else None)
    dq = org.integer("dq", 1, 1024, default=preset.dq if preset else None)
    channels = org.integer("channel", 1, MAX_CHANNELS, default=1)
    below = (
        org.integer(level, 1, MAX_NODES, default=preset.count[i] if preset else None)
        for i, level in enumerate(found.levels)
        if i
    )
    device = Organisation(density, dq, (1, *below))
    width = org.integer("channel_width", 1, 1024, default=found.channel_width)
    org.close(f"the organisation of {found.name}")
    check_counts(org, "", found, device)
    check_width(org, width, found)
    if org.is_sound:
        _check_density(org, found, device)
    return _Organisation(device, width, channels) if org.is_sound else None


def _check_density(org: Section, found: Standard, device: Organisation) -> None:
    bits = device.dq
    for level in found.density_levels:
        bits *= device.count[found.levels.index(level)]
    if bits != device.density << 20:
        at = next((key for key in org.names() if key != "preset"), "preset")
        what = f"means {bits / 2**20:g} Mb ({' x '.join(found.density_levels)} x dq)"
        org.tell(at, what, f"the stated density of {device.density} Mb", "change one of them")


def _timing(
    figures: Section, found: Standard, device: Organisation | None
) -> dict[str, int] | None:
    """All timings of a `device`, if that is known; None where a fault has been noted."""
    preset = _preset(figures, found.speeds)
    if preset is None:
        timing = dict.fromkeys(found.timings, UNSET)
        timing["rate"] = figures.integer("rate", 2, MAX_RATE)
    else:
        timing = dict(zip(found.timings, preset, strict=True))
        if "rate" in figures:
            figures.tell("rate", "is given beside a preset", "one of the two", "remove the rate")
    timing["tCK_ps"] = clock_ps(found, timing)
    for name in found.secondary:
        timing[name] = UNSET
    if device is not None:
        fill(found, timing, device)
    for name in found.timings[1:-1]:
        _override(figures, found, timing, name)
    figures.close(f"the timing of {found.name}")
    if device is None or not figures.is_sound:
        return None
    missing = [name for name in found.timings if timing[name] == UNSET]
    if missing:
        expected = f"a value for {', '.join(missing)}: no preset and no table has it"
        figures.refuse(missing[0], "is missing", expected, f"add '{missing[0]}: ...'")
    check_timing(figures, "preset" if preset else "rate", found, timing)
    return timing


def _override(figures: Section, found: Standard, timing: dict[str, int], name: str) -> None:
    nanoseconds = f"t{name[1:]}"
    if name in figures and nanoseconds in figures:
        figures.tell(nanoseconds, f"is given beside {name}", "one of the two", "remove one")
    elif name in figures:
        timing[name] = figures.integer(name, 0, MAX_TICKS)
    elif nanoseconds in figures:
        value = figures.number(nanoseconds, 0, 1e6, default=0)
        picoseconds = Fraction(product(value, 1000))
        timing[name] = clocks_of(found, picoseconds / 1000, clock_ps(found, timing))


def _preset(section: Section, known: Mapping[str, Preset]) -> Preset | None:
    """The preset that the section names, if it does; a wrong one is as good as the first."""
    if "preset" not in section:
        return None
    return known[section.word("preset", tuple(known))]
