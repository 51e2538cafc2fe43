"""What `torch.compile(model, backend="npu", options={...})` may say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.configs.near import did_you_mean
from npu.configs.short import short
from npu.passes.map.strategies import AUTO

MACHINE_VARIABLE = "NPU_MACHINE"
"""Environment variable: the machine of programs whose options name none."""

DEFAULT_MACHINE = "tpuv3"


@dataclass(frozen=True)
class Options:
    """The options of the backend, by their names."""

    machine: Machine
    conv_strategy: str = AUTO
    join: bool = True
    timing: bool = True
    """Whether cycles are simulated, the first time that a program runs."""


def read_options(given: Mapping[str, Any] | None, mode: str | None) -> Options:
    """The options as a user gives them.

    Raises UserError for unknown ones, for values of other types, and for modes, which are another
    backend's.
    """
    if mode is not None:
        raise UserError(
            f"torch.compile(..., mode={mode!r}): modes are those of inductor; expected "
            'backend="npu" without one'
        )
    options: dict[str, Any] = dict(given or {})
    known = tuple(one.name for one in fields(Options))
    for name in options:
        if name not in known:
            hint = did_you_mean(str(name), known)
            raise UserError(
                f'torch.compile(..., backend="npu"): no option is called {short(repr(name))}; '
                f"{f'{hint} ' if hint else ''}expected {', '.join(known)}"
            )
    types = {"conv_strategy": str, "join": bool, "timing": bool}
    for name, type_ in types.items():
        if name in options and not isinstance(options[name], type_):
            raise UserError(
                f'torch.compile(..., backend="npu"): option {name!r} is '
                f"{short(repr(options[name]))}; expected a {type_.__name__}"
            )
    options["machine"] = _machine(options.get("machine"))
    return Options(**options)


def _machine(given: object) -> Machine:
    """The machine of an option, of the environment variable, or the default."""
    chosen = os.environ.get(MACHINE_VARIABLE) or DEFAULT_MACHINE if given is None else given
    if isinstance(chosen, Machine):
        return chosen
    if isinstance(chosen, str | Path):
        return load(chosen)
    raise UserError(
        f"torch.compile(..., backend=\"npu\"): option 'machine' is a {type(chosen).__name__}; "
        "expected the name of a shipped machine, the path of a YAML file, or a Machine"
    )
