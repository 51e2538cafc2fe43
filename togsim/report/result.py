"""The outcome of a simulation and its JSON form (`result.schema.json`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from npu.configs.output import write_output
from npu.togsim.report.attribution import Activity, Attribution, LaunchStats
from npu.togsim.report.energy import Energy
from npu.togsim.report.l2_stats import SliceStats
from npu.togsim.report.network_figures import NetworkFigures, NetworkPeriod
from npu.togsim.report.requests import RequestStats, RequestSummary
from npu.togsim.report.result_json import json_value
from npu.togsim.report.stats import ChannelStats, CoreStats, TraceRecord
from npu.togsim.trace import TraceSummary

RESULT_VERSION = 2
"""Version of the JSON form."""


@dataclass(frozen=True)
class Result:
    """What a simulation found. Equal runs give equal results but for `wall_seconds`."""

    JSON_PROPERTIES = ("version", "simulated_seconds")
    JSON_LEAVES_OUT = ("trace", "trace_file")

    total_cycles: int
    """Core cycles to the completion of the last launch."""
    core_freq_mhz: int
    """Core cycles in a microsecond."""
    launches: tuple[LaunchStats, ...]
    """The launches in their order."""
    kernels: tuple[Attribution, ...]
    """The launches summed by kernel."""
    operations: tuple[Attribution, ...]
    """The launches summed by the PyTorch operations that their kernels compute."""
    requests: tuple[RequestStats, ...]
    """Each run of a graph, in order of submission."""
    request_latencies: tuple[RequestSummary, ...]
    """The requests by name."""
    energy: Energy | None
    """By the machine's table of energies; none without one."""
    unattributed: Activity
    """What cores did without a launch: with `launches` it sums to the whole."""
    cores: tuple[CoreStats, ...]
    """Each core."""
    channels: tuple[ChannelStats, ...]
    """Each DRAM channel."""
    slices: tuple[SliceStats, ...]
    """The L2 slice of each channel; none without an L2."""
    network: NetworkFigures | None
    """The detailed network; none of the simple one."""
    network_periods: tuple[NetworkPeriod, ...]
    """One for each `icnt_stats_print_period_cycles` of any network; empty when that is 0."""
    wall_seconds: float
    """Seconds the simulation took on this computer: the one figure that equal runs differ in."""
    trace: tuple[TraceRecord, ...] = ()
    """Every instruction in order of completion, with `trace=True`."""
    trace_file: TraceSummary | None = None
    """What a trace file holds, when one was asked for."""

    @property
    def version(self) -> int:
        """Version of the JSON form."""
        return RESULT_VERSION

    @property
    def simulated_seconds(self) -> float:
        """Seconds the device would take."""
        return self.total_cycles / (self.core_freq_mhz * 1e6)

    def to_dict(self) -> dict[str, object]:
        """The result as JSON-ready values, traces left out."""
        return cast("dict[str, object]", json_value(self))

    def to_json(self) -> str:
        """The result as a JSON document with sorted keys; validates against the schema."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"

    def write_json(self, path: Path) -> None:
        """Writes `to_json()` to `path` (`npu.configs.output`). Raises UserError."""
        write_output(path, self.to_json())
