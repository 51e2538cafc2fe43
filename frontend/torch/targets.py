"""Parameters and buffers under plain names while PyTorch rewrites a program.

PyTorch writes Python code in which ``self.mixers.in.weight`` stands as it is: a module called
``in``, as in an ``nn.ModuleDict``, or a name with a quote or a line break is a syntax error there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from torch.export import ExportedProgram


def plain_targets(program: ExportedProgram) -> dict[str, str]:
    """A plain name for each parameter, buffer and constant that ``program`` takes or keeps."""
    specs = program.graph_signature.input_specs
    found = [spec.target for spec in specs if spec.target is not None]
    every = dict.fromkeys([*found, *program.state_dict, *program.constants])
    return {target: f"tensor{number}" for number, target in enumerate(every)}


def rename_targets(program: ExportedProgram, names: Mapping[str, str]) -> None:
    """Call the parameters, buffers and constants of ``program`` by other names, in place."""
    signature = program.graph_signature
    for spec in (*signature.input_specs, *signature.output_specs):
        if spec.target is not None:
            spec.target = names.get(spec.target, spec.target)
    inside: Any = program
    inside._state_dict = _renamed(program.state_dict, names)
    inside._constants = _renamed(cast(Mapping[str, Any], program.constants), names)


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(target, target): value for target, value in values.items()}
