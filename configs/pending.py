"""Keys whose effect comes later: their harmless value is accepted, any other one is refused.

Nothing of a machine is ever silently ignored. A key leaves this table when it takes effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npu.configs.errors import Problem

if TYPE_CHECKING:
    from npu.configs.machine import Machine

PENDING: dict[str, tuple[object, str]] = {
    "num_stonne_per_core": (1, ""),
    "num_stonne_port": (1, ""),
    "stonne_config_path": (None, ""),
    "pytorchsim_functional_mode": (1, "give --no-functional to 'npu run' instead"),
    "pytorchsim_timing_mode": (1, "give --no-timing to 'npu run' instead"),
    "codegen_mapping_strategy": ("heuristic", ""),
    "codegen_external_mapping_file": (None, ""),
    "codegen_autotune_max_retry": (10, ""),
    "codegen_autotune_template_topk": (4, ""),
    "codegen_compiler_optimization": ("all", ""),
}
"""Key -> the one value that is accepted today, and what to do instead of another."""


def pending_problems(machine: Machine) -> Iterator[Problem]:
    """A problem for each key that asks for something not yet supported."""
    for key, (harmless, instead) in PENDING.items():
        value = getattr(machine, key)
        if value != harmless:
            yield _not_yet(key, value, harmless, instead)
    if "stonne" in machine.core_type:
        yield _not_yet("core_type", "stonne", "ws_mesh", "")


def _not_yet(key: str, value: object, harmless: object, instead: str) -> Problem:
    if harmless is None:
        return Problem(key, f"'{value}' is not yet supported", "no value", "remove the key")
    mend = instead or f"write '{key}: {harmless}' or remove the key"
    return Problem(key, f"'{value}' is not yet supported", f"'{harmless}'", mend)
