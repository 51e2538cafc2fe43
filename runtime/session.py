"""One compiled program's two runs: values on Spike, cycles in togsim."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType, ModuleOp

from npu.codegen.image import Image
from npu.configs.output import write_output
from npu.dialects.dram_tensors import element_bytes
from npu.dialects.npu import ComputeOp
from npu.dialects.tog import FunctionOp, LaunchOp
from npu.passes.tog.derive_tog import is_program
from npu.runtime.compiler import MAPPED_STAGE, CompiledProgram
from npu.runtime.functional import Array, SpikeRun, run_on_spike
from npu.runtime.indices import Record, with_indices, write_record
from npu.runtime.progress import StageClock
from npu.runtime.simulation_options import SimulationOptions
from npu.runtime.spike import Spike
from npu.runtime.tile_timing import TileOperand, TileTimer, timing_inputs
from npu.runtime.tile_timing.cycle_cache import tile_timing_cache
from npu.runtime.tog.loader import load_module
from npu.runtime.watched import inputs_of_stages
from npu.togsim.graph import VERSION, Program
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate


def spike_outputs(
    compiled: CompiledProgram, values: Sequence[Array], clock: StageClock
) -> list[Array]:
    """The outputs of the program on `values` (one array for each argument of `@main`)."""
    return spike_run(compiled, values, clock, keep_memory=False).outputs


def spike_run(
    compiled: CompiledProgram,
    values: Sequence[Array],
    clock: StageClock,
    *,
    keep_memory: bool = True,
) -> SpikeRun:
    """The outputs, and what every kernel left in memory, which the value check reads.

    With `keep_memory`, also what stages of kernels leave for each other: of a second run of those
    kernels, which then store it.
    """
    image, machine = generate_code(compiled, clock), compiled.machine
    with clock.stage("spike"):
        run = run_on_spike(compiled.module, image, machine, values, keep_memory=keep_memory)
    if not (keep_memory and compiled.has_stages):
        return run
    with clock.stage("watch stages"):
        other, mapped = compiled.watched, compiled.stage_module(MAPPED_STAGE)
        given = list(inputs_of_stages(mapped, compiled.module, run.memory))
        watched = run_on_spike(other.module, other.image, machine, given, keep_memory=True)
    return replace(run, watched=watched)


def _program(graphs: ModuleOp) -> Program:
    """What the simulator runs; outputs that are views of inputs take no launch and no time."""
    if any(isinstance(op, LaunchOp) for op in graphs.ops):
        return load_module(graphs)
    return Program(VERSION, (), (), ())


def generate_code(compiled: CompiledProgram, clock: StageClock) -> Image:
    """The program's image, made once."""
    if compiled.has_image:
        return compiled.image
    with clock.stage("codegen"):
        return compiled.image


def simulate_program(
    compiled: CompiledProgram,
    clock: StageClock,
    *,
    log: Path | None = None,
    graph: Path | None = None,
    simulation: SimulationOptions | None = None,
    indices: Record | None = None,
) -> Result:
    """The cycles of the program. Writes the log, the timed graph and a trace where asked to.

    `indices` are those that a run of it took; without them they are drawn where cycles need some.
    """
    simulation = simulation or SimulationOptions()
    functions = [op for op in compiled.module.walk() if isinstance(op, FunctionOp)]
    if functions and not fill_kept_cycles(compiled, functions):
        generate_code(compiled, clock)
        with clock.stage("tile timing"):
            time_tile_functions(compiled, functions)
    timed = graphs_alone(compiled.module)
    if graph is not None:
        write_output(graph, str(timed) + "\n")
        write_record(graph, indices)
    with clock.stage("togsim"):
        return simulate(
            with_indices(_program(timed), indices),
            simulation.applied_to(compiled.machine),
            log=log,
            trace=simulation.trace or False,
            plain=simulation.plain,
            plan=simulation.plan,
        )


def fill_kept_cycles(compiled: CompiledProgram, functions: Sequence[FunctionOp]) -> bool:
    """Fills in the cycles of every case from the cache if all are there, without an image."""
    digests = None if compiled.has_image else compiled.kept_digests
    if digests is None:
        return False
    computes = _computes(compiled)
    cache, machine = tile_timing_cache(), compiled.machine
    found: list[tuple[FunctionOp, dict[tuple[int, ...], int]]] = []
    for function in functions:
        compute = computes[function.sym_name.data]
        digest = digests[compute.sym_name.data]
        figures = {
            case: cache.get(timing_inputs(machine, digest, tile_operands(compute, case)))
            for case in function.sizes
        }
        if None in figures.values():
            return False
        found.append((function, figures))
    for function, figures in found:
        function.set_figures(figures)
    return True


def _computes(compiled: CompiledProgram) -> dict[str, ComputeOp]:
    """The tile functions by name."""
    return {op.sym_name.data: op for op in compiled.module.walk() if isinstance(op, ComputeOp)}


def time_tile_functions(compiled: CompiledProgram, functions: Sequence[FunctionOp]) -> None:
    """Fills in the cycles of every case, from the cache or by running it on Spike."""
    computes = _computes(compiled)
    with Spike(compiled.machine, dram_bytes=0) as spike:
        spike.load(compiled.image)
        timer = TileTimer(spike, compiled.image, compiled.machine, tile_timing_cache())
        for function in functions:
            compute = computes[function.sym_name.data]
            function.set_figures(
                {
                    case: timer.cycles(compute.sym_name.data, tile_operands(compute, case))
                    for case in function.sizes
                }
            )


def tile_operands(compute: ComputeOp, sizes: Sequence[int]) -> list[TileOperand]:
    """The operands of a tile function for one case: its dynamic sizes in ABI order."""
    rest = iter(sizes)
    operands: list[TileOperand] = []
    for type_ in compute.operand_types:
        memref = cast(MemRefType[Any], type_)
        shape = memref.get_shape()
        dynamic = tuple(next(rest) for extent in shape if extent == DYNAMIC_INDEX)
        filled = iter(dynamic)
        full = [next(filled) if extent == DYNAMIC_INDEX else extent for extent in shape]
        operands.append(TileOperand(_span_bytes(memref, full), dynamic))
    return operands


def _span_bytes(type_: MemRefType[Any], shape: Sequence[int]) -> int:
    """Bytes from the first to past the last element of a strided view of that shape."""
    if 0 in shape:
        return 0
    strides = type_.get_strides() or ()
    last = sum(
        (extent - 1) * int(stride or 0) for extent, stride in zip(shape, strides, strict=True)
    )
    return (last + 1) * element_bytes(type_)


def graphs_alone(module: ModuleOp) -> ModuleOp:
    """The module of tile-operation graphs inside `module`: what `togsim run` takes."""
    for op in module.ops:
        if is_program(op):
            alone = cast(ModuleOp, op.clone())
            alone.sym_name = None
            return alone
    raise ValueError("no graphs: npu-derive-tog has not run")
