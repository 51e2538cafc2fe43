"""Keys whose effect comes later: their harmless value is accepted, any other one is refused.

Nothing of a machine is ever silently ignored. A key leaves this table when it takes effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from npu.configs.errors import Problem
from npu.configs.machine_keys import MachineKeys
from npu.configs.partial import is_known
from npu.configs.short import short

PENDING: dict[str, tuple[object, str]] = {
    "num_stonne_per_core": (1, ""),
    "num_stonne_port": (1, ""),
    "stonne_config_path": (None, ""),
    "pytorchsim_functional_mode": (1, "remove the key, and give --no-functional to 'npu run'"),
    "pytorchsim_timing_mode": (1, "remove the key, and give --no-timing to 'npu run'"),
    "codegen_mapping_strategy": ("heuristic", ""),
    "codegen_external_mapping_file": (None, ""),
    "codegen_autotune_max_retry": (10, ""),
    "codegen_autotune_template_topk": (4, ""),
    "codegen_compiler_optimization": ("all", ""),
}
"""Key -> the one value that is accepted today, and what to do instead of another."""


def accepted_today(key: str) -> str:
    """What a key of `PENDING` takes, for messages; empty for every other key."""
    if key not in PENDING:
        return ""
    harmless, _ = PENDING[key]
    return "no value" if harmless is None else f"'{harmless}'"


def pending_problems(machine: MachineKeys) -> Iterator[Problem]:
    """A problem for each key that asks for something not yet supported."""
    for key, (harmless, instead) in PENDING.items():
        value = getattr(machine, key) if is_known(machine, key) else harmless
        if value != harmless:
            remove = (
                "remove the key"
                if harmless is None
                else f"write '{key}: {harmless}' or remove the key"
            )
            yield Problem(key, _not_yet(value), accepted_today(key), instead or remove)
    if "stonne" in machine.core_type:
        yield Problem("core_type", _not_yet("stonne"), "entries 'ws_mesh'", "remove the key")


def _not_yet(value: object) -> str:
    return f"'{short(value)}' is not yet supported"
