"""The rules a machine must keep, each a small function that yields the problems it finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from typing import cast

from npu.configs.bounds import upper_bounds
from npu.configs.dram.rules import dram_model_problems
from npu.configs.errors import MachineError, Problem
from npu.configs.icnt.rules import icnt_model_problems
from npu.configs.l2d.rules import l2_problems
from npu.configs.machine_keys import MachineKeys
from npu.configs.partial import Partial, UnknownError, is_known
from npu.configs.pending import PENDING, pending_problems
from npu.configs.short import short

MIN_VLEN_BITS = 128
"""The V extension (RVV 1.0, section 18.3) requires at least 128 bits for application processors."""

MAX_VLEN_BITS = 65536
"""The V extension (RVV 1.0, section 2) ends there."""

SPAD_WINDOW_BYTES = 0x1_0000_0000 - 0xD000_0000
"""Bytes between the scratchpad's first address and the first DRAM address (docs/design.md, 3)."""

MHZ_LIMIT = 20_000
"""No clock of such a device is beyond 20 GHz: a larger figure was meant in another unit."""

MAX_REFRESH_INTERVAL_NS = 1_000_000
"""JEDEC's refresh intervals are 3,900 and 7,800 ns: above a millisecond another unit was meant."""

_AT_LEAST_ONE = (
    "num_cores",
    "core_issue_width",
    "num_systolic_array_per_core",
    "sa_weight_buffer_depth",
    "vpu_num_lanes",
    "vpu_spad_size_kb_per_lane",
    "dram_channels",
    "dram_latency",
    "dram_num_partitions",
    "icnt_injection_ports_per_core",
    "l2d_hit_latency",
    "num_partition",
)
_AT_LEAST_ZERO = (
    "core_spad_size_kb",
    "core_stats_print_period_cycles",
    "dram_read_to_write_cycles",
    "dram_refresh_interval_ns",
    "dram_refresh_ns",
    "dram_stats_print_period_cycles",
    "dram_write_to_read_cycles",
    "icnt_latency_cycles",
    "icnt_stats_print_period_cycles",
)
_CLOCKS = ("core_freq_mhz", "dram_freq_mhz", "icnt_freq_mhz")


def default_vlen_bits(vpu_num_lanes: int, vpu_vector_length_bits: int) -> int:
    """The registers of all lanes together, rounded down to a power of two that RVV allows."""
    wanted = max(MIN_VLEN_BITS, min(MAX_VLEN_BITS, vpu_num_lanes * vpu_vector_length_bits))
    return 1 << (wanted.bit_length() - 1)


def check(machine: MachineKeys) -> None:
    """Raise `MachineError` with every problem of `machine`; return if there is none."""
    known = {field.name: getattr(machine, field.name) for field in fields(machine)}
    problems = problems_of(type(machine), known)
    if problems:
        raise MachineError(problems)


def problems_of(described: type[MachineKeys], known: Mapping[str, object]) -> list[Problem]:
    """Every problem of a machine of which the fields `known` are known."""
    return with_tried_advice(_problems(described, known), described, known)


def with_tried_advice(
    problems: Sequence[Problem], described: type[MachineKeys], known: Mapping[str, object]
) -> list[Problem]:
    """The problems, without the advice to write what would be refused in its turn."""
    told = {problem.key for problem in problems}
    if any(problem.write is not None for problem in problems):
        told |= {problem.key for problem in _problems(described, known)}
    found: list[Problem] = []
    for problem in problems:
        after = _after_writing(problem, described, known)
        is_right = after <= told and problem.key not in after
        found.append(problem if is_right else replace(problem, mend="", write=None))
    return found


def _after_writing(
    problem: Problem, described: type[MachineKeys], known: Mapping[str, object]
) -> set[str]:
    """The keys that rules refuse when the advice of `problem` is followed; none without one."""
    if problem.write is None:
        return set()
    outer, _, inner = problem.key.partition(".")
    if not inner:
        after = _problems(described, {**known, outer: problem.write})
        return {one.key for one in after}
    part = next(f.default_factory for f in fields(described) if f.name == outer)
    if not isinstance(part, type):
        return set()  # names that the rules do not look into
    try:
        part(**{inner: problem.write})
    except MachineError as error:
        return {one.key for one in error.problems}
    return set()


def _problems(described: type[MachineKeys], known: Mapping[str, object]) -> list[Problem]:
    beyond = [one for one in upper_bounds(known) if one.key not in PENDING]
    too_large = {problem.key.split(".")[0] for problem in beyond}
    # Other rules count up to these figures.
    sane = {key: value for key, value in known.items() if key not in too_large}
    machine = cast("MachineKeys", Partial(described, sane))
    told = (problem for rule in _RULES for problem in _told(rule(machine)))
    pending = _told(pending_problems(machine))
    return [*beyond, *(one for one in told if one.key not in PENDING), *pending]


def _told(problems: Iterator[Problem]) -> Iterator[Problem]:
    """What a rule finds before it asks for a figure that is not known."""
    with suppress(UnknownError):
        yield from problems


def _sizes(machine: MachineKeys) -> Iterator[Problem]:
    for lowest, keys in ((1, _AT_LEAST_ONE), (0, _AT_LEAST_ZERO)):
        for key in keys:
            value = getattr(machine, key) if is_known(machine, key) else None
            if value is not None and value < lowest:
                yield Problem(key, f"is {short(value)}", f"a whole number of at least {lowest}")


def _clocks(machine: MachineKeys) -> Iterator[Problem]:
    for key in _CLOCKS:
        value = getattr(machine, key) if is_known(machine, key) else None
        if value is None:
            continue
        if value < 1:
            yield Problem(key, f"is {short(value)}", "a clock of at least 1 MHz")
        elif value > MHZ_LIMIT:
            megahertz = value // 1_000_000
            hint = f"write {megahertz} if that was in Hz" if megahertz else ""
            expected = f"a clock in MHz, at most {MHZ_LIMIT}"
            yield Problem(key, f"is {value}", expected, hint, write=megahertz)


def _powers_of_two(machine: MachineKeys) -> Iterator[Problem]:
    for key, lowest, highest in (
        ("dram_req_size_byte", 4, 4096),
        ("vpu_vector_length_bits", 32, 65536),
        ("riscv_vlen_bits", MIN_VLEN_BITS, MAX_VLEN_BITS),
    ):
        if not is_known(machine, key):
            continue
        value = getattr(machine, key)
        if value < lowest or value > highest or value & (value - 1):
            expected = f"a power of two from {lowest} to {highest}"
            yield Problem(key, f"is {short(value)}", expected)


def _scratchpad(machine: MachineKeys) -> Iterator[Problem]:
    if machine.spad_bytes <= SPAD_WINDOW_BYTES:
        return
    per_lane = machine.vpu_spad_size_kb_per_lane
    yield Problem(
        "vpu_spad_size_kb_per_lane",
        f"is {per_lane}, so {machine.vpu_num_lanes} lanes make {machine.spad_bytes} bytes",
        f"at most {SPAD_WINDOW_BYTES} bytes of scratchpad in all (its address range)",
        f"write {per_lane // 1024} if that was in bytes" if per_lane % 1024 == 0 else "",
        write=per_lane // 1024,
    )


def _core_scratchpad(machine: MachineKeys) -> Iterator[Problem]:
    total = machine.spad_bytes // 1024
    if machine.core_spad_size_kb not in (0, total):
        yield Problem(
            "core_spad_size_kb",
            f"is {machine.core_spad_size_kb}, but {machine.vpu_num_lanes} lanes of "
            f"{machine.vpu_spad_size_kb_per_lane} KB make {total}",
            "the scratchpad of all lanes together",
            f"write {total}, change vpu_spad_size_kb_per_lane, or remove the key",
            write=total,
        )


def _bandwidth_caps(machine: MachineKeys) -> Iterator[Problem]:
    caps = ("dram_bandwidth_gbps_total", "dram_bandwidth_gbps_per_channel")
    for key in caps:
        value = getattr(machine, key) if is_known(machine, key) else None
        if value is not None and not 0 < value < 1e6:
            yield Problem(key, f"is {value}", "a bandwidth in GB/s above 0 and below 1e6")
    total, each = (getattr(machine, key) for key in caps)
    if total is not None and each is not None:
        yield Problem(
            "dram_bandwidth_gbps_per_channel",
            f"is {each} while dram_bandwidth_gbps_total is {total}",
            "only one of the two caps",
            "remove one of them",
        )


def _refresh(machine: MachineKeys) -> Iterator[Problem]:
    interval, busy = machine.dram_refresh_interval_ns, machine.dram_refresh_ns
    if (interval == 0) != (busy == 0):
        given, missing = "dram_refresh_ns", "dram_refresh_interval_ns"
        if busy == 0:
            given, missing = missing, given
        yield Problem(
            given,
            f"is {max(interval, busy)} without {missing}",
            "both refresh times or neither",
            f"give {missing} too",
        )
    elif interval > MAX_REFRESH_INTERVAL_NS:
        yield Problem(
            "dram_refresh_interval_ns",
            f"is {interval}",
            f"a time in ns, at most {MAX_REFRESH_INTERVAL_NS}",
            f"write {interval // 1000} if that was in ps",
            write=interval // 1000,
        )
    elif busy > 0 and not _leaves_time(interval, busy, machine.dram_freq_mhz):
        yield Problem(
            "dram_refresh_ns",
            f"is {busy} of every {interval} ns, which leaves no DRAM cycle between refreshes",
            "a refresh time (tRFC) below the interval (tREFI) "
            f"by a cycle of {machine.dram_freq_mhz} MHz or more",
        )


def _leaves_time(interval_ns: int, busy_ns: int, mhz: int | None) -> bool:
    """Whether a DRAM cycle is left when the interval is rounded down and the refresh up.

    Without a clock another rule speaks.
    """
    return mhz is None or -(-busy_ns * mhz // 1000) < interval_ns * mhz // 1000


def _partitions(machine: MachineKeys) -> Iterator[Problem]:
    parts = machine.dram_num_partitions
    if parts > 0 and machine.dram_channels % parts:
        yield Problem(
            "dram_num_partitions",
            f"is {parts}, which does not divide dram_channels ({machine.dram_channels})",
            "a divisor of dram_channels",
        )


def _queues(machine: MachineKeys) -> Iterator[Problem]:
    cores = {f"core_{i}": None for i in range(machine.num_cores)}
    last = f"core_{machine.num_cores - 1}"
    for core, queue in machine.partition:
        if core not in cores:
            yield Problem("partition", f"names '{short(core)}'", f"core_0 to {last}")
        if not 0 <= queue < machine.num_partition:
            expected = f"a queue from 0 to num_partition - 1 ({machine.num_partition - 1})"
            yield Problem("partition", f"puts '{short(core)}' on queue {short(queue)}", expected)
    placed = dict(machine.partition)
    missing = [core for core in cores if core not in placed]
    if machine.partition and missing:
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        what = f"leaves out {', '.join(missing[:8])}{more}"
        yield Problem("partition", what, "a queue for each core")
    used = set(machine.core_queues)
    empty = next((q for q in range(machine.num_partition) if q not in used), None)
    if empty is not None and cores:
        what = f"is {machine.num_partition}, but no core is on queue {empty}"
        expected = "at least one core on each queue"
        yield Problem("num_partition", what, expected, _more_queues(machine))


def _more_queues(machine: MachineKeys) -> str:
    """How to give each queue a core."""
    cores, queues = machine.num_cores, machine.num_partition
    if queues > cores:
        used = max(machine.core_queues, default=0) + 1
        return f"write {used}" if machine.partition else "remove the key: there is one queue then"
    if cores > 8:
        return "give a core of each queue in 'partition', which names all cores"
    placed = ", ".join(f"core_{core}: {core * queues // cores}" for core in range(cores))
    return f"write 'partition: {{{placed}}}' or another one that uses all queues"


def _core_types(machine: MachineKeys) -> Iterator[Problem]:
    for kind in machine.core_type:
        if kind not in ("ws_mesh", "stonne"):
            yield Problem("core_type", f"holds '{short(kind)}'", "entries 'ws_mesh'")
    if machine.core_type and len(machine.core_type) != machine.num_cores:
        yield Problem(
            "core_type",
            f"names {len(machine.core_type)}",
            f"one for each of the {machine.num_cores} cores (num_cores)",
            "remove the key: all cores are 'ws_mesh' then",
        )


_RULES = (
    _sizes,
    _clocks,
    _powers_of_two,
    _scratchpad,
    _core_scratchpad,
    _bandwidth_caps,
    _refresh,
    dram_model_problems,
    icnt_model_problems,
    _partitions,
    _queues,
    l2_problems,
    _core_types,
)
