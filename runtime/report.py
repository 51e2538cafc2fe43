"""The outcome of a run and its JSON form (`run.schema.json`)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from npu.configs.calibration import Calibration
from npu.configs.effective import effective
from npu.configs.machine import Machine
from npu.configs.output import write_output
from npu.dialects.mapping import Hold, Loop, Node, Run, Scope
from npu.dialects.npu import KernelOp, LaunchOp, MappingAttr
from npu.runtime.main_function import main_function
from npu.runtime.value_check import ValueCheck
from npu.runtime.value_check.as_json import check_dict, check_summary
from npu.runtime.whole import Whole
from npu.togsim.report.result import Result
from npu.togsim.report.result_json import json_value

REPORT_VERSION = 6
"""Version of the JSON form."""

_UNITS = ("cores", "channels", "slices", "network", "simulated_seconds")
"""What a report repeats of the simulation's JSON."""


@dataclass(frozen=True)
class RunReport:
    """What a run found. Equal runs give equal reports but for the seconds."""

    program: str
    """Name of the program."""

    machine: Machine

    kernels: Mapping[str, KernelOp]
    """The program's kernels by name, with their mappings."""

    launches: Sequence[LaunchOp]
    """Its launches in order, with their PyTorch operators."""

    check: ValueCheck | None
    """What the value check found; None when nothing was computed."""

    simulation: Result | None
    """None when timing was skipped."""

    seconds: Mapping[str, float]
    """Wall time by stage."""

    whole: Whole
    """The model in figures, and what of it was not simulated or checked."""

    mode: str = ""
    """The mode that it was compiled in (`npu.passes.modes`)."""

    calibration: Calibration | None = None
    """What is to be said of the cycles beside what was simulated."""

    @property
    def max_relative_error(self) -> float | None:
        """The largest of all outputs; None when nothing was checked."""
        return None if self.check is None else self.check.max_relative_error

    @property
    def total_cycles(self) -> int | None:
        """Core cycles of the whole program; None when timing was skipped."""
        return None if self.simulation is None else self.simulation.total_cycles

    @property
    def calibrated_cycles(self) -> int | None:
        """Core cycles with what was fitted; None without a calibration, or cycles."""
        if self.calibration is None or self.total_cycles is None:
            return None
        return self.total_cycles + self.calibration.launch_cycles

    def to_dict(self) -> dict[str, object]:
        """The report as JSON-ready values."""
        units: dict[str, object] = {}
        if self.simulation is not None:
            simulated = self.simulation.to_dict()
            units = {key: simulated[key] for key in _UNITS}
        return {
            "version": REPORT_VERSION,
            "program": self.program,
            "total_cycles": self.total_cycles,
            "mode": self.mode,
            "calibration": self._calibration(),
            **check_summary(self.check),
            "whole": self.whole.to_dict(),
            "check": None if self.check is None else check_dict(self.check),
            "kernels": self._kernels(),
            "operations": self._operations(),
            "energy": self._energy(),
            "units": units,
            "machine": effective(self.machine),
            "seconds": {stage: round(spent, 6) for stage, spent in self.seconds.items()},
        }

    def _calibration(self) -> dict[str, object] | None:
        if self.calibration is None:
            return None
        return {**asdict(self.calibration), "calibrated_cycles": self.calibrated_cycles}

    def _kernels(self) -> list[dict[str, object]]:
        """One entry a launch, in order."""
        described = [describe(launch, self.kernels) for launch in self.launches]
        if self.simulation is None:
            return [{**one, "cycles": None} for one in described]
        return [
            {
                **one,
                **({"indices": launch.indices} if launch.indices else {}),
                "cycles": launch.cycles,
                "start": launch.start,
                "end": launch.end,
            }
            for one, launch in zip(described, self.simulation.launches, strict=True)
        ]

    def _operations(self) -> list[dict[str, object]]:
        """What the cores did for each PyTorch operation, in short."""
        if self.simulation is None:
            return []
        return [
            {
                "name": part.name,
                "launches": part.launches,
                "cycles": part.cycles,
                "share": part.share,
                "macs": part.activity.arrays.macs,
                "array_active_cycles": part.activity.arrays.active_cycles,
                "array_waiting_dma_cycles": part.activity.arrays.waiting_dma_cycles,
                "vector_active_cycles": part.activity.vector.active_cycles,
                "dma_bytes": part.activity.work.load_bytes + part.activity.work.store_bytes,
                "dram_requests": part.activity.dma.read_requests + part.activity.dma.write_requests,
            }
            for part in self.simulation.operations
        ]

    def _energy(self) -> object:
        if self.simulation is None:
            return None
        return json_value(self.simulation.energy)

    def write_json(self, path: Path) -> None:
        """Writes the JSON form to `path` (`npu.configs.output`). Raises UserError."""
        write_output(path, json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n")


def report_schema() -> dict[str, Any]:
    """`run.schema.json`, a JSON Schema (draft 2020-12)."""
    return json.loads((files("npu.runtime") / "run.schema.json").read_text(encoding="utf-8"))


def kernels_by_name(module: ModuleOp) -> dict[str, KernelOp]:
    """The kernels of a module."""
    return {op.sym_name.data: op for op in module.ops if isinstance(op, KernelOp)}


def launches_of(module: ModuleOp) -> tuple[LaunchOp, ...]:
    """The launches of a module in order."""
    return tuple(op for op in main_function(module).body.walk() if isinstance(op, LaunchOp))


def describe(launch: LaunchOp, kernels: Mapping[str, KernelOp]) -> dict[str, object]:
    """What a report says of a launch whether it was simulated or not."""
    name = launch.kernel.root_reference.data
    return {
        "name": name,
        "torch_ops": list(launch.origin.torch_ops),
        "torch_lines": list(launch.origin.torch_lines),
        "mapping": mapping_dict(kernels[name].mapping),
    }


def mapping_dict(mapping: MappingAttr | None) -> dict[str, object] | None:
    """A mapping as JSON-ready values: the tree, a list for each scope."""
    if mapping is None:
        return None
    return {"nest": _nodes(mapping.data.nest), "strategy": mapping.data.strategy}


def _nodes(nodes: Sequence[Node]) -> list[object]:
    """The entries of a list of a mapping."""
    return [_node(node) for node in nodes]


def _node(node: Node) -> object:
    match node:
        case Loop():
            kind = "par" if node.is_parallel else "for"
            return {kind: node.dim, "tile": node.tile, "by": node.piece}
        case Hold():
            return {"hold": node.operand, "buffers": node.buffers}
        case Run():
            return {"run": node.stage}
        case Scope():
            return _nodes(node.nodes)
