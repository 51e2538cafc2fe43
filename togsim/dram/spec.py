"""A `DramModel` as the plain struct that the C++ controller takes."""

from __future__ import annotations

from npu.configs.dram import DramModel
from npu.togsim import _togsim


def dram_spec(model: DramModel) -> _togsim.DramSpec:
    """One channel for the C++ side, field by field."""
    spec = _togsim.DramSpec()
    spec.standard = model.standard
    spec.controller = model.controller
    spec.level_names = list(model.levels)
    spec.level_counts = [*model.counts[:-1], model.transactions_per_row]
    spec.mapping = [level for level, _ in model.mapping]
    spec.mapping_bits = [bits for _, bits in model.mapping]
    spec.mapping_xor = list(model.mapping_xor)
    spec.commands = list(model.commands)
    spec.command_ticks = list(model.command_ticks)
    spec.constraints = [
        # A latency below zero, as some rank switches have, holds always: as zero does.
        _togsim.DramConstraint(
            rule.level,
            list(rule.preceding),
            list(rule.following),
            max(rule.latency, 0),
            rule.window,
            rule.sibling,
        )
        for rule in model.constraints
    ]
    for name in _COPIED:
        setattr(spec, name, getattr(model, name))
    spec.tick_num, spec.tick_den = model.tick_ps.numerator, model.tick_ps.denominator
    return spec


_COPIED = (
    "read_latency",
    "burst_ticks",
    "refresh_interval",
    "refresh_level",
    "read_queue",
    "write_queue",
    "priority_queue",
    "write_high_entries",
    "write_low_entries",
    "tx_bytes",
    "aad",
    "wck_read",
    "wck_write",
    "wck_always_on",
)
"""Fields with one name on both sides."""
