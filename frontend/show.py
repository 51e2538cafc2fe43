"""What `npu run` prints: stages as they go, the check, the cycles, the units."""

from rich.console import Console
from rich.table import Table

from npu.frontend.show_check import check_lines
from npu.runtime.report import RunReport
from npu.runtime.value_check import ValueCheck
from npu.togsim.report.result import Result
from npu.togsim.report.stalls import largest_wait
from npu.togsim.report.stats import ArrayStats, DmaStats, VectorStats


class StageLines:
    """A progress listener: a spinner while a stage runs, a line with its seconds after."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("")
        self._status.start()

    def __call__(self, stage: str, seconds: float | None) -> None:
        """Shows that `stage` runs (seconds None) or ran."""
        if seconds is None:
            self._status.update(f"{stage} ...")
            return
        self._console.print(f"  [green]done[/] {stage:<24} {seconds:8.2f} s", highlight=False)

    def close(self) -> None:
        """Removes the spinner."""
        self._status.stop()


def show_report(console: Console, report: RunReport) -> None:
    """Prints the check of the outputs, the cycles and the tables."""
    _show_check(console, report.check)
    if report.simulation is None:
        console.print("cycles: not simulated (--no-timing)")
    else:
        _show_simulation(console, report, report.simulation)
    console.print(f"whole: {report.whole.line}", highlight=False, soft_wrap=True)


def _show_simulation(console: Console, report: RunReport, simulation: Result) -> None:
    microseconds = simulation.simulated_seconds * 1e6
    console.print(
        f"cycles: [bold]{simulation.total_cycles:,}[/] = {microseconds:,.1f} us at "
        f"{simulation.core_freq_mhz} MHz",
        highlight=False,
    )
    if report.calibration is not None:
        console.print(report.calibration.line, highlight=False, soft_wrap=True)
        console.print(f"calibrated: {report.calibrated_cycles:,} cycles", highlight=False)
    if simulation.energy is not None:
        energy = simulation.energy
        console.print(
            f"energy: [bold]{energy.total_joules:.3e}[/] J by {energy.table}, "
            f"{energy.average_watts:,.1f} W on average",
            highlight=False,
        )
    console.print(_kernel_table(report, simulation))
    console.print(_unit_table(simulation))


def _show_check(console: Console, check: ValueCheck | None) -> None:
    if check is None:
        console.print("check: outputs were not computed (--no-functional)")
        return
    for line in check_lines(check):
        console.print(line, highlight=False, soft_wrap=True)


def _kernel_table(report: RunReport, simulation: Result) -> Table:
    table = Table("kernel", "PyTorch ops", "tile", title="kernels", title_justify="left")
    table.add_column("cycles", justify="right")
    table.add_column("share", justify="right")
    for launch in simulation.launches:
        lines = f" ({', '.join(launch.torch_lines)})" if launch.torch_lines else ""
        mapping = report.kernels[launch.kernel].mapping
        loops = mapping.data.loops.values() if mapping else ()
        tile = " ".join(f"{loop.dim}{loop.tile}" for loop in loops) or "-"
        share = launch.cycles / simulation.total_cycles if simulation.total_cycles else 0.0
        table.add_row(
            launch.kernel,
            ", ".join(launch.torch_ops) + lines,
            tile,
            f"{launch.cycles:,}",
            f"{share:.1%}",
        )
    return table


def _unit_table(simulation: Result) -> Table:
    table = Table("unit", title="utilisation", title_justify="left")
    for heading in ("busy cycles", "of total"):
        table.add_column(heading, justify="right")
    table.add_column("waited most for")
    total = simulation.total_cycles
    for number, core in enumerate(simulation.cores):
        units: list[tuple[str, ArrayStats | VectorStats | DmaStats]] = []
        units += [(f"array {i}", array) for i, array in enumerate(core.arrays)]
        units += [("vector unit", core.vector), ("DMA", core.dma)]
        for name, unit in units:
            busy = unit.active_cycles
            share = busy / total if total else 0.0
            table.add_row(f"core {number} {name}", f"{busy:,}", f"{share:.1%}", _wait(unit, total))
    channels = simulation.channels
    if channels:
        mean = sum(channel.utilization for channel in channels) / len(channels)
        moved = sum(channel.bytes for channel in channels)
        table.add_row(f"DRAM ({len(channels)} channels)", f"{moved:,} B", f"{mean:.1%}", "")
    return table


def _wait(unit: ArrayStats | VectorStats | DmaStats, total: int) -> str:
    reason, cycles = largest_wait(unit)
    return f"{reason} {cycles / total:.1%}" if cycles else "-"
