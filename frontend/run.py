"""`npu run`: from a program's name to its report, printed and written."""

from pathlib import Path

from rich.console import Console

from npu.configs.calibration import load_calibration
from npu.configs.errors import UserError
from npu.configs.loader import load, machine_files
from npu.configs.output.check import text_stream
from npu.configs.short import short
from npu.frontend.show import StageLines, show_report
from npu.frontend.source import Source, open_source
from npu.passes.map.strategies import AUTO
from npu.passes.modes import mode_of
from npu.runtime.compiler import CompiledProgram, compile_text
from npu.runtime.indices import Record
from npu.runtime.kept_program import Keep
from npu.runtime.memory_need import check_memory, check_needs
from npu.runtime.outputs import (
    LOG_NAME,
    REPORT_NAME,
    RunFiles,
    dump_listing,
    dump_stages,
    make_folder,
    run_files,
)
from npu.runtime.progress import StageClock
from npu.runtime.report import RunReport, kernels_by_name, launches_of
from npu.runtime.session import simulate_program, spike_run
from npu.runtime.simulation_options import SimulationOptions
from npu.runtime.value_check import ValueCheck, check_values
from npu.runtime.whole import whole_of
from npu.togsim.l2.plan import check_l2
from npu.togsim.report.result import Result

OUTPUT_ROOT = Path("npu-out")
"""Where a run leaves its files unless `--dump` says otherwise."""

SMALLER = (
    "give --no-functional to simulate cycles without values (with --no-timing, too, to compile "
    "only), choose smaller shapes, or run where more memory is free"
)
"""What to do when the values do not fit."""


def run_command(
    what: str,
    config: str,
    *,
    json_path: Path | None = None,
    folder: Path | None = None,
    functional: bool = True,
    timing: bool = True,
    conv_strategy: str = AUTO,
    join: bool = True,
    mode: str = "",
    calibration: Path | None = None,
    simulation: SimulationOptions | None = None,
) -> None:
    """Runs one program and prints what came out. Raises UserError when an output is wrong."""
    simulation = simulation or SimulationOptions()
    machine = simulation.applied_to(load(config))
    trace_path = simulation.trace and simulation.trace.path
    given = [("the calibration", calibration)] if calibration is not None else []
    read = [("the program", Path(what)), *given, *machine_files(config, machine), *simulation.files]
    files = RunFiles(read, json_path, trace_path)
    files.check()
    console = Console(file=text_stream(json_path, trace_path))
    fitted = None if calibration is None else load_calibration(calibration)
    if fitted is not None:
        fitted.check(config, mode)
    named = f", mode {mode_of(mode).name}" if mode else ""
    console.print(f"[bold]npu run[/] {short(what)} on {short(config)}{named}", highlight=False)
    if simulation.plan is not None:
        check_l2(machine)
    lines = StageLines(console)
    clock = StageClock(lines)
    try:
        with clock.stage("import"):
            source = open_source(what)
        target = make_folder(folder or OUTPUT_ROOT / source.name)
        files.check(run_files(target, machine))
        keep = _keep(source, functional=functional)
        compiled = compile_text(
            source.program.source,
            config,
            conv_strategy=conv_strategy,
            join=join,
            mode=mode,
            clock=clock,
            keep=keep,
        )
        if functional:
            check_memory(check_needs(compiled.module, source.workspace), SMALLER)
        with clock.stage("dump"):
            dump_stages(compiled, target)
            if folder is not None:
                dump_listing(compiled, target)
        check, indices = _check(source, compiled, clock) if functional else (None, None)
        result = _simulate(compiled, target, clock, simulation, indices) if timing else None
    finally:
        lines.close()
    report = RunReport(
        source.name,
        machine,
        kernels_by_name(compiled.module),
        launches_of(compiled.module),
        check,
        result,
        clock.seconds,
        whole_of(compiled.module, compiled.flops, source.program.constant_positions, check, result),
        mode,
        fitted,
    )
    _write(report, target, json_path)
    show_report(console, report)
    _show_paths(console, target, json_path, timing=timing)
    if result is not None and result.trace_file is not None:
        console.print(str(result.trace_file), highlight=False, markup=False)
    if check is not None and not check.passed:
        raise UserError(
            f"{what}: the values computed on Spike are wrong: {check.first_fault}; the stages in "
            f"{target} show what was run"
        )


def _keep(source: Source, *, functional: bool) -> Keep:
    """A network's stages are kept. A run that proves values makes all of them itself."""
    if not source.is_kept:
        return Keep.NOTHING
    return Keep.MADE if functional else Keep.READ


def _check(
    source: Source, compiled: CompiledProgram, clock: StageClock
) -> tuple[ValueCheck, Record]:
    """Runs the program on Spike and checks every kernel and every output.

    Returns the indices that the run took, too.
    """
    program = source.program
    values = program.values
    run = spike_run(compiled, values, clock)
    with clock.stage("reference"):
        expected = source.reference()
    with clock.stage("check"):
        check = check_values(compiled, values, run, expected, program.rounded_positions)
        return check, run.indices


def _simulate(
    compiled: CompiledProgram,
    target: Path,
    clock: StageClock,
    simulation: SimulationOptions,
    indices: Record | None,
) -> Result:
    """Times the tile functions, writes the timed graph, simulates it."""
    return simulate_program(
        compiled,
        clock,
        log=target / LOG_NAME,
        graph=target / "graph.mlir",
        simulation=simulation,
        indices=indices,
    )


def _write(report: RunReport, target: Path, json_path: Path | None) -> None:
    report.write_json(target / REPORT_NAME)
    if json_path is not None:
        report.write_json(json_path)


def _show_paths(console: Console, target: Path, json_path: Path | None, *, timing: bool) -> None:
    if timing:
        console.print(f"log:  {target / LOG_NAME}", highlight=False)
    console.print(f"json: {json_path or target / REPORT_NAME}", highlight=False)
    console.print(f"IR:   {target} (every stage, for npu-opt)", highlight=False)
