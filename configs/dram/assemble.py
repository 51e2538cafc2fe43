"""What both file styles share: checks of organisation and timing, and the finished `DramModel`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from npu.configs.dram.expression import value_of
from npu.configs.dram.model import Constraint, DramModel
from npu.configs.dram.single import product
from npu.configs.dram.standard import Organisation, Standard
from npu.configs.section import Section

ADDRESS_MAPPERS = ("RoBaRaCoCh", "ChRaBaRoCo", "MOP4CLXOR")
"""Names from the highest address bits to the lowest (MOP4CLXOR spreads blocks of four columns)."""

MAX_TICKS = 10_000_000
"""No timing is as long: a refresh interval has some ten thousand ticks."""

MAX_RATE = 100_000
"""MT/s; a larger figure was meant in another unit."""

MAX_NODES = 1 << 24
"""Most nodes of a level: JEDEC's devices have at most 2^18 rows."""


@dataclass(frozen=True)
class Controller:
    """The controller's options, as `DramModel` has them, watermarks as shares of a queue."""

    name: str
    queue: int
    """Entries that the watermarks are shares of."""
    read_queue: int
    write_queue: int
    priority_queue: int
    high: float
    low: float
    refresh: bool
    address_mapper: str
    wck_always_on: bool = False


def check_counts(org: Section, key: str, standard: Standard, device: Organisation) -> None:
    """Notes counts that no address can be mapped to."""
    for level, count in zip(standard.levels, device.count, strict=True):
        at = key or level
        what = f"has {count} at level '{level}'"
        if level == "channel" and count != 1:
            org.tell(at, what, "1: a machine's dram_channels tells how many", "write 1")
        elif not 1 <= count <= MAX_NODES or count & (count - 1):
            org.tell(at, what, f"a power of two up to {MAX_NODES}")
        elif level == standard.levels[-1] and count < standard.prefetch:
            expected = f"at least the {standard.prefetch} of one burst of {standard.name}"
            org.tell(at, what, expected)


def check_width(org: Section, width: int, standard: Standard) -> None:
    """Notes a data bus whose transactions are no power of two of bytes, from 4 on."""
    tx_bytes = width * standard.prefetch // 8
    if width & (width - 1) or tx_bytes < 4:
        org.tell("channel_width", f"is {width}", "a power of two, for bursts of 4 bytes or more")


def check_timing(where: Section, key: str, standard: Standard, timing: Mapping[str, int]) -> None:
    """Notes timings that contradict each other."""
    exact = 10**6 * standard.transfers_per_tick / timing["rate"]
    stated = timing["tCK_ps"]
    if standard.generation == "2.1" and abs(stated - exact) > exact / 100:
        where.tell(
            key,
            f"has tCK_ps {stated} at a rate of {timing['rate']} MT/s",
            f"a tick of {int(exact)} ps, which that rate means",
        )
    for name in ("burst", "read_latency"):
        if value_of(standard.sums[name], timing) < 1:
            where.tell(key, f"makes {standard.sums[name]} less than 1", "at least one tick")


def assemble(
    standard: Standard,
    controller: Controller,
    where: Section,
    *,
    counts: Sequence[int],
    width: int,
    timing: Mapping[str, int],
    constraints: tuple[Constraint, ...],
    command_ticks: Sequence[int],
) -> DramModel:
    """The model; `timing` is in ticks. Notes a refresh that leaves no time, at `where`."""
    sums = {name: value_of(text, timing) for name, text in standard.sums.items()}
    refreshing = controller.refresh and standard.refresh_level is not None
    interval, busy = timing["nREFI"], timing.get("nRFC", timing.get("nRFCab", 0))
    if refreshing and not 0 < busy < interval:
        what = f"has a refresh of {busy} ticks every {interval}"
        where.tell("timing", what, "a refresh (nRFC) of at least a tick, below the interval")
    if controller.address_mapper == "MOP4CLXOR" and counts[-1] < 4 * standard.prefetch:
        expected = "rows of at least four transactions for MOP4CLXOR"
        where.tell("org", f"has {counts[-1]} columns", expected, "use RoBaRaCoCh")
    return DramModel(
        generation=standard.generation,
        standard=standard.name,
        controller=controller.name,
        levels=standard.levels,
        counts=tuple(counts),
        prefetch=standard.prefetch,
        channel_width=width,
        address_mapper=controller.address_mapper,
        commands=standard.commands,
        command_ticks=tuple(command_ticks),
        constraints=constraints,
        timing=tuple((name, timing[name]) for name in standard.timings),
        rate=timing["rate"],
        transfers_per_tick=standard.transfers_per_tick,
        ticks_per_clock=standard.ticks_per_clock,
        read_latency=sums["read_latency"],
        burst_ticks=sums["burst"],
        refresh_interval=interval if refreshing else 0,
        refresh_ticks=busy if refreshing else 0,
        refresh_level=standard.levels.index(standard.refresh_level or "channel"),
        read_queue=controller.read_queue,
        write_queue=controller.write_queue,
        priority_queue=controller.priority_queue,
        write_high_entries=math.floor(product(controller.high, controller.queue)),
        write_low_entries=math.ceil(product(controller.low, controller.queue)),
        aad=sums.get("aad", 0),
        wck_read=sums.get("wck_read", 0),
        wck_write=sums.get("wck_write", 0),
        wck_always_on=controller.wck_always_on,
    )
