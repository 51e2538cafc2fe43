"""How large the figures of a machine may be: beyond, another unit was meant, or nothing at all.

The bounds are far above every device, and low enough that a simulation can be set up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from npu.configs.errors import Problem
from npu.configs.short import short

MOST = 2**40
"""Of a whole number without a bound of its own."""

_AT_MOST = {
    "num_cores": 4096,
    "num_systolic_array_per_core": 256,
    "sa_weight_buffer_depth": 2**20,
    "vpu_num_lanes": 2**16,
    "dram_channels": 4096,
    "dram_latency": 2**20,
    "dram_read_to_write_cycles": 2**20,
    "dram_write_to_read_cycles": 2**20,
    "icnt_latency_cycles": 2**20,
    "icnt_injection_ports_per_core": 4096,
    "l2d_hit_latency": 2**20,
    "num_partition": 4096,
}


def upper_bounds(known: Mapping[str, object], prefix: str = "") -> Iterator[Problem]:
    """Each whole number of a machine's fields, or of what they hold, that is beyond its bound."""
    for name, found in known.items():
        if is_dataclass(found) and not isinstance(found, type):
            inner = {field.name: getattr(found, field.name) for field in fields(found)}
            yield from upper_bounds(inner, f"{prefix}{name}.")
        elif isinstance(found, int) and found > _AT_MOST.get(name, MOST):
            most = _AT_MOST.get(name, MOST)
            yield Problem(f"{prefix}{name}", f"is {short(found)}", f"a number of at most {most}")
