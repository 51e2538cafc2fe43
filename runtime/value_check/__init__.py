"""The value check: whether the outputs computed on Spike are right, and whose fault it is.

Three questions, each with its own limit (docs/value-check.md):

* Did every kernel, and every stage of it, compute its operations on what it was given?
  (`check_kernels`)
* Is an output, bit for bit, what the last kernel before it left in memory?
* Is the program that was compiled the one that the source describes? (`check_program`)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npu.passes.group.check import main_of
from npu.runtime.accuracy import FINITE, Distance, distance, kinds, relative
from npu.runtime.compiler import MAPPED_STAGE, CompiledProgram
from npu.runtime.expected import Expected
from npu.runtime.functional import Array, SpikeRun
from npu.runtime.value_check.judge import KernelCheck
from npu.runtime.value_check.kernels import Traced, check_kernels
from npu.runtime.value_check.program import ProgramCheck, check_program


@dataclass(frozen=True)
class OutputCheck:
    """What the check found out about one output."""

    fault: str | None
    """Why it is wrong, in words; None when it is right."""

    distance: Distance | None
    """How far it is from float64; None where the shapes differ."""

    source: Distance | None
    """How far the source's own float32 output is from it; None where there is none."""

    explained: float
    """The largest difference that rounding explains, over the largest magnitude."""

    note: str | None
    """What is odd about the source's values, or about the output; None when nothing is."""

    @property
    def max_relative_error(self) -> float:
        """That of `distance`, infinite where there is none."""
        return float("inf") if self.distance is None else self.distance.max_relative_error


@dataclass(frozen=True)
class ValueCheck:
    """What the check found out about a run."""

    reference: str
    """Whose outputs were compared: "eager PyTorch", "numpy" or "upstream MLIR"."""

    float64: str
    """What the outputs in float64 are."""

    outputs: tuple[OutputCheck, ...]
    """One an output of the source."""

    kernels: tuple[KernelCheck, ...]
    """One a launch, in order."""

    @property
    def float64_is_the_references(self) -> bool:
        """Whether the reference itself computed in float64."""
        return self.float64 == f"{self.reference} in float64"

    @property
    def first_fault(self) -> str | None:
        """What is wrong first: an output, or a kernel that no output needs; None of a pass."""
        for number, output in enumerate(self.outputs):
            if output.fault is not None:
                return f"output {number}: {output.fault}"
        return next((kernel.fault for kernel in self.kernels if kernel.fault is not None), None)

    @property
    def max_relative_error(self) -> float:
        """The largest of all outputs."""
        return max((output.max_relative_error for output in self.outputs), default=0.0)

    @property
    def passed(self) -> bool:
        """Whether everything is right."""
        return self.first_fault is None


def check_values(
    compiled: CompiledProgram,
    values: Sequence[Array],
    run: SpikeRun,
    expected: Expected,
    rounded_positions: Collection[int] = (),
) -> ValueCheck:
    """Checks a run on `values`, of which all memory was kept.

    The arguments at `rounded_positions` are constants that were rounded to float32 at import.
    """
    main = main_of(compiled.stage_module(MAPPED_STAGE))
    kernels, traced = check_kernels(main, compiled, values, run)
    programs = check_program(main, values, compiled.machine.array_size, expected, rounded_positions)
    count = _count_fault(len(run.outputs), len(traced))
    outputs = [
        _check_output(number, run.outputs, one, program, expected, count)
        for number, (one, program) in enumerate(zip(traced, programs, strict=True))
    ]
    faults = [check.fault or "" for check in kernels]
    named = [
        _with_kernels(output, one, faults) for output, one in zip(outputs, traced, strict=True)
    ]
    return ValueCheck(expected.origin, _float64(programs, expected), tuple(named), tuple(kernels))


def _count_fault(found: int, wanted: int) -> str | None:
    if found == wanted:
        return None
    return f"Spike gave {found} outputs, the program has {wanted}"


def _check_output(
    number: int,
    outputs: Sequence[Array],
    traced: Traced,
    program: ProgramCheck,
    expected: Expected,
    fault: str | None,
) -> OutputCheck:
    """One output against memory and against its twin in float64."""
    single = expected.singles[number] if expected.singles is not None else None
    size = float(np.abs(program.twin[kinds(program.twin) == FINITE]).max(initial=0.0))
    explained = relative(program.limit, size)
    note = program.note or _condition(program, size)
    source = None if single is None else _distance(single, program)
    output = outputs[number] if number < len(outputs) else None
    if output is None or output.shape != program.twin.shape:
        shape = "absent" if output is None else f"of shape {list(output.shape)}"
        wanted = f"is {shape}, expected shape {list(program.twin.shape)}"
        fault = fault or program.fault or wanted
        return OutputCheck(fault, None, source, explained, note)
    found = _distance(output, program)
    fault = fault or _memory_fault(output, traced.value) or program.fault
    return OutputCheck(fault, found, source, explained, note)


def _condition(program: ProgramCheck, size: float) -> str | None:
    """What to say of an output of which float32 may get no digit right, or no number."""
    if program.open.any():
        return (
            f"rounding to float32 decides what {int(program.open.sum())} of {program.open.size} "
            "elements are: whatever is there passes"
        )
    if program.limit == 0 or program.limit < size:
        return None
    return (
        f"rounding to float32 may change every digit of this output, by up to {program.limit:.2e}: "
        "nothing that computes it in float32 can be trusted here"
    )


def _distance(output: NDArray[np.floating[Any]], program: ProgramCheck) -> Distance | None:
    """How far an output is from its twin where that says something; None for another shape."""
    if output.shape != program.twin.shape:
        return None
    return distance(output[~program.open], program.twin[~program.open])


def _memory_fault(output: Array, memory: Array) -> str | None:
    """Where an output is another number than the program left in memory."""
    different = (output != memory) & ~(np.isnan(output) & np.isnan(memory))
    if not different.any():
        return None
    at = tuple(int(i) for i in np.argwhere(different)[0])
    return (
        f"is {float(output[at]):.9g} at {list(at)}, where the program left "
        f"{float(memory[at]):.9g} in memory"
    )


def _with_kernels(output: OutputCheck, traced: Traced, faults: Sequence[str]) -> OutputCheck:
    """An output that is wrong because a launch is; `faults` has one of each."""
    if output.fault is not None or not traced.suspects:
        return output
    return replace(output, fault="; ".join(faults[launch] for launch in traced.suspects))


def _float64(programs: Sequence[ProgramCheck], expected: Expected) -> str:
    """What the outputs in float64 are."""
    if all(program.from_source for program in programs):
        return f"{expected.origin} in float64"
    reason = f" ({expected.no_doubles})" if expected.no_doubles else ""
    return f"the compiled program in float64{reason}"
