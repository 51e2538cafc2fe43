"""How large the figures of a machine may be: beyond, another unit was meant, or nothing at all.

The bounds are far above every device, and low enough that a simulation can be set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from npu.configs.errors import Problem

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


def upper_bounds(machine: Any) -> Iterator[Problem]:
    """Each whole number of a machine, or of what it holds, that is beyond its bound."""
    return _beyond(machine, "")


def _beyond(value: Any, prefix: str) -> Iterator[Problem]:
    for field in fields(value):
        found = getattr(value, field.name)
        if is_dataclass(found):
            yield from _beyond(found, f"{prefix}{field.name}.")
        elif isinstance(found, int) and found > _AT_MOST.get(field.name, MOST):
            most = _AT_MOST.get(field.name, MOST)
            yield Problem(f"{prefix}{field.name}", f"is {found}", f"a number of at most {most}")
