"""The rules a machine must keep, each a small function that yields the problems it finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npu.configs.bounds import upper_bounds
from npu.configs.dram.rules import dram_model_problems
from npu.configs.errors import MachineError, Problem
from npu.configs.icnt.rules import icnt_model_problems
from npu.configs.l2d_rules import l2_problems
from npu.configs.pending import pending_problems

if TYPE_CHECKING:
    from npu.configs.machine import Machine

MIN_VLEN_BITS = 128
"""The V extension (RVV 1.0, section 18.3) requires at least 128 bits for application processors."""

MAX_VLEN_BITS = 4096
"""The widest vector register that the Spike simulator accepts."""

SPAD_WINDOW_BYTES = 0x1_0000_0000 - 0xD000_0000
"""Bytes between the scratchpad's first address and the first DRAM address (docs/design.md, 3)."""

MHZ_LIMIT = 20_000
"""No clock of such a device is beyond 20 GHz: a larger figure was meant in another unit."""

MAX_REFRESH_INTERVAL_NS = 1_000_000
"""JEDEC's refresh intervals are 3,900 and 7,800 ns: above a millisecond another unit was meant."""

COMPILER_OPTIMIZATIONS = (
    "fusion",
    "reduction_epilogue",
    "reduction_reduction",
    "prologue",
    "single_batch_conv",
    "multi_tile_conv",
    "subtile",
)
"""Names that a list in `codegen_compiler_optimization` may hold."""

_AT_LEAST_ONE = (
    "num_cores",
    "core_issue_width",
    "num_systolic_array_per_core",
    "sa_weight_buffer_depth",
    "num_stonne_per_core",
    "num_stonne_port",
    "vpu_num_lanes",
    "vpu_spad_size_kb_per_lane",
    "dram_channels",
    "dram_latency",
    "dram_num_partitions",
    "icnt_injection_ports_per_core",
    "l2d_hit_latency",
    "num_partition",
    "codegen_autotune_max_retry",
    "codegen_autotune_template_topk",
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


def default_vlen_bits(vpu_num_lanes: int) -> int:
    """One f32 a lane, rounded down to a power of two within what RVV and Spike allow."""
    wanted = max(MIN_VLEN_BITS, min(MAX_VLEN_BITS, 32 * vpu_num_lanes))
    return 1 << (wanted.bit_length() - 1)


def check(machine: Machine) -> None:
    """Raise `MachineError` with every problem of `machine`; return if there is none."""
    problems = list(upper_bounds(machine))  # first: other rules count up to these figures
    if not problems:
        problems = [problem for rule in _RULES for problem in rule(machine)]
    if problems:
        raise MachineError(problems)


def _sizes(machine: Machine) -> Iterator[Problem]:
    for lowest, keys in ((1, _AT_LEAST_ONE), (0, _AT_LEAST_ZERO)):
        for key in keys:
            value = getattr(machine, key)
            if value is not None and value < lowest:
                yield Problem(key, f"is {value}", f"a whole number of at least {lowest}")


def _clocks(machine: Machine) -> Iterator[Problem]:
    for key in _CLOCKS:
        value = getattr(machine, key)
        if value is None:
            continue
        if value < 1:
            yield Problem(key, f"is {value}", "a clock of at least 1 MHz")
        elif value > MHZ_LIMIT:
            hint = f"write {value // 1_000_000} if that was in Hz" if value >= 1_000_000 else ""
            expected = f"a clock in MHz, at most {MHZ_LIMIT}"
            yield Problem(key, f"is {value}", expected, hint)


def _powers_of_two(machine: Machine) -> Iterator[Problem]:
    for key, lowest, highest in (
        ("dram_req_size_byte", 4, 4096),
        ("vpu_vector_length_bits", 32, 65536),
        ("riscv_vlen_bits", MIN_VLEN_BITS, MAX_VLEN_BITS),
    ):
        value = getattr(machine, key)
        if value < lowest or value > highest or value & (value - 1):
            yield Problem(key, f"is {value}", f"a power of two from {lowest} to {highest}")


def _scratchpad(machine: Machine) -> Iterator[Problem]:
    if machine.spad_bytes <= SPAD_WINDOW_BYTES:
        return
    per_lane = machine.vpu_spad_size_kb_per_lane
    yield Problem(
        "vpu_spad_size_kb_per_lane",
        f"is {per_lane}, so {machine.vpu_num_lanes} lanes make {machine.spad_bytes} bytes",
        f"at most {SPAD_WINDOW_BYTES} bytes of scratchpad in all (its address range)",
        f"write {per_lane // 1024} if that was in bytes" if per_lane % 1024 == 0 else "",
    )


def _core_scratchpad(machine: Machine) -> Iterator[Problem]:
    total = machine.spad_bytes // 1024
    if machine.core_spad_size_kb not in (0, total):
        yield Problem(
            "core_spad_size_kb",
            f"is {machine.core_spad_size_kb}, but {machine.vpu_num_lanes} lanes of "
            f"{machine.vpu_spad_size_kb_per_lane} KB make {total}",
            "the scratchpad of all lanes together",
            f"write {total}, change vpu_spad_size_kb_per_lane, or remove the key",
        )


def _bandwidth_caps(machine: Machine) -> Iterator[Problem]:
    total, each = machine.dram_bandwidth_gbps_total, machine.dram_bandwidth_gbps_per_channel
    for key, value in (
        ("dram_bandwidth_gbps_total", total),
        ("dram_bandwidth_gbps_per_channel", each),
    ):
        if value is not None and not 0 < value < 1e6:
            yield Problem(key, f"is {value}", "a bandwidth in GB/s above 0 and below 1e6")
    if total is not None and each is not None:
        yield Problem(
            "dram_bandwidth_gbps_per_channel",
            f"is {each} while dram_bandwidth_gbps_total is {total}",
            "only one of the two caps",
            "remove one of them",
        )


def _refresh(machine: Machine) -> Iterator[Problem]:
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


def _partitions(machine: Machine) -> Iterator[Problem]:
    parts = machine.dram_num_partitions
    if parts > 0 and machine.dram_channels % parts:
        yield Problem(
            "dram_num_partitions",
            f"is {parts}, which does not divide dram_channels ({machine.dram_channels})",
            "a divisor of dram_channels",
        )


def _queues(machine: Machine) -> Iterator[Problem]:
    cores = [f"core_{i}" for i in range(machine.num_cores)]
    for core, queue in machine.partition:
        if core not in cores:
            yield Problem("partition", f"names '{core}'", f"core_0 to {cores[-1]}" if cores else "")
        if not 0 <= queue < machine.num_partition:
            expected = f"a queue from 0 to num_partition - 1 ({machine.num_partition - 1})"
            yield Problem("partition", f"puts '{core}' on queue {queue}", expected)
    placed = dict(machine.partition)
    missing = [core for core in cores if core not in placed]
    if machine.partition and missing:
        expected = "a queue for each core"
        yield Problem("partition", f"leaves out {', '.join(missing)}", expected)
    for queue in range(min(machine.num_partition, machine.num_cores + 1)):
        if queue not in machine.core_queues and machine.num_cores > 0:
            yield Problem(
                "num_partition",
                f"is {machine.num_partition}, but no core is on queue {queue}",
                "at least one core on each queue",
                f"add cores of it to 'partition', as in 'partition: {{{cores[-1]}: {queue}}}'",
            )
            return


def _core_types(machine: Machine) -> Iterator[Problem]:
    for kind in machine.core_type:
        if kind not in ("ws_mesh", "stonne"):
            yield Problem("core_type", f"holds '{kind}'", "entries that are 'ws_mesh' or 'stonne'")
    if machine.core_type and len(machine.core_type) != machine.num_cores:
        yield Problem(
            "core_type",
            f"has {len(machine.core_type)} entries",
            f"one for each of the {machine.num_cores} cores (num_cores)",
        )


def _compiler(machine: Machine) -> Iterator[Problem]:
    chosen = machine.codegen_compiler_optimization
    known = ", ".join(COMPILER_OPTIMIZATIONS)
    if isinstance(chosen, str):
        if chosen not in ("all", "none"):
            expected = f"'all', 'none' or a list of {known}"
            yield Problem("codegen_compiler_optimization", f"is '{chosen}'", expected)
        return
    for name in chosen:
        if name not in COMPILER_OPTIMIZATIONS:
            yield Problem("codegen_compiler_optimization", f"holds '{name}'", f"any of {known}")


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
    _compiler,
    pending_problems,
)
