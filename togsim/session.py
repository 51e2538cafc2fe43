"""A session: programs submitted one after the other to one machine in one continuous time.

    session = Session(load("tpuv3_c2_partition"))
    session.submit(resnet, queue=0, request="resnet")
    session.submit(encoder, queue=1, request="encoder", arrival_ns=50_000)
    session.barrier()
    result = session.result()

Submitting takes no simulated time: what has been submitted runs at the next barrier, all of it
together. DRAM and cores keep their state over barriers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from typing import ParamSpec, TypeVar

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.configs.output.check import check_outputs
from npu.togsim import _togsim, convert
from npu.togsim.graph import VERSION, Launch, Program
from npu.togsim.graph.pack import pack, pack_launches
from npu.togsim.graph.validate import validate, validate_launches, validate_machine
from npu.togsim.graph.validate_types import check_types
from npu.togsim.l2.plan import check_l2
from npu.togsim.numa import placed_in_partitions
from npu.togsim.report.outcome import outcome
from npu.togsim.report.result import Result
from npu.togsim.trace import TraceData, TraceFile, TraceSummary, trace_data, trace_spec

P = ParamSpec("P")
T = TypeVar("T")

ALIGNMENT = 4096
"""Bytes to which a program's memory is aligned, like every tensor's."""


@dataclass(frozen=True)
class _Known:
    """A program that has been submitted before."""

    number: int
    original: Program
    placed: Program
    """The same with its tensors where the session has them."""
    kernels: int
    """Kernels of the programs before it."""
    tensors: int
    """Tensors of the programs before it."""


class Session:
    """One simulation that goes on as long as programs are submitted.

    A program's memory is its own: the tensors of one that is submitted for the first time are moved
    behind those of the others where they would overlap them. The same object submitted again has
    the same memory, as two requests of one model have.

    An error of the simulation itself ends the session: every further call raises UserError. A
    program that `submit` refuses because it breaks a rule leaves the session as it was.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        trace: bool | TraceFile = False,
        plain: bool = False,
        plan: Collection[str] | None = None,
    ) -> None:
        """`trace`, `plain` and `plan` are those of `npu.togsim.simulate`.

        Raises UserError for a machine that the simulator cannot run, for a plan without an L2, and
        for a trace file that cannot be written.
        """
        validate_machine(machine)
        if plan is not None:
            check_l2(machine)
        self._plan = None if plan is None else frozenset(plan)
        if isinstance(trace, TraceFile):
            check_outputs([("trace", trace.path)])
        self.machine = machine
        self._trace = trace
        self._raw = _togsim.Session(
            convert.machine_spec(machine, planned=plan is not None), trace_spec(trace), plain
        )
        self._known: list[_Known] = []
        self._launches: list[Launch] = []
        self._end = 0  # first byte behind the tensors of all programs
        self._failed = False
        self._wall_seconds = 0.0

    def submit(
        self,
        program: Program,
        *,
        queue: int | None = None,
        arrival_ns: int | None = None,
        priority: int | None = None,
        request: str | None = None,
    ) -> None:
        """Adds the launches of a program, behind all that were submitted before.

        What is given replaces that of every launch. `arrival_ns` counts from the start of the
        session; a launch arrives behind the last barrier at the earliest. Raises UserError when the
        program breaks a rule of the graph or does not fit the machine.
        """
        started = time.perf_counter()
        given = {"queue": queue, "arrival_ns": arrival_ns, "priority": priority, "request": request}
        changes = {name: value for name, value in given.items() if value is not None}
        known = self._find(program)
        if known is None:
            check_types(program, Program)
        launches = tuple(replace(launch, **changes) for launch in program.launches)
        if changes and launches:
            check_types(launches[0], Launch)
        if known is None:
            known = self._submit_new(program, launches)
        else:
            again = replace(known.placed, launches=launches)
            validate_launches(again, self.machine)
            self._call(self._raw.submit_again, known.number, pack_launches(again))
        self._launches += [_renumbered(one, known, len(self._launches)) for one in launches]
        self._wall_seconds += time.perf_counter() - started

    def barrier(self) -> int:
        """Runs all that has been submitted to its end; returns the cycle of that end.

        What is submitted later starts a cycle after it at the earliest. Raises UserError when a
        program lacks a tile function's cycles or cannot go on: a deadlock, with who waits for what.
        """
        started = time.perf_counter()
        cycle = self._call(self._raw.run)
        self._wall_seconds += time.perf_counter() - started
        return cycle

    def result(self) -> Result:
        """The figures of the whole session up to a barrier, which this makes. Raises as that."""
        self.barrier()
        started = time.perf_counter()
        raw = self._call(self._raw.result)
        program, kept = self.program, trace_data(raw.trace)
        seconds = self._wall_seconds + time.perf_counter() - started
        result = outcome(raw, program, self.machine, seconds)
        if self._trace is True:
            result = replace(result, trace=tuple(kept.iter_records()))
        if isinstance(self._trace, TraceFile):
            summary = _write_trace(self._trace, kept, result, program, self.machine)
            result = replace(result, trace_file=summary)
        return result

    @property
    def program(self) -> Program:
        """All that has been submitted, as one program; equal to the one of a session of one."""
        placed = [known.placed for known in self._known]
        return Program(
            version=VERSION,
            tensors=tuple(tensor for one in placed for tensor in one.tensors),
            kernels=tuple(kernel for one in placed for kernel in one.kernels),
            launches=tuple(self._launches),
        )

    def _find(self, program: Program) -> _Known | None:
        """What is known of this very object, if it has been submitted before."""
        return next((known for known in self._known if known.original is program), None)

    def _submit_new(self, program: Program, launches: tuple[Launch, ...]) -> _Known:
        placed = replace(self._placed(program), launches=launches)
        validate(placed, self.machine)
        packed, names = pack(
            placed_in_partitions(placed, self.machine), asdict(self.machine.array_passes)
        )
        self._call(self._raw.submit, packed, names, self._planned(program))
        earlier = [known.placed for known in self._known]
        kernels = sum(len(one.kernels) for one in earlier)
        tensors = sum(len(one.tensors) for one in earlier)
        known = _Known(len(earlier), program, placed, kernels, tensors)
        self._known.append(known)
        self._end = max(self._end, _end(placed))
        return known

    def _planned(self, program: Program) -> list[int]:
        """The numbers of the program's tensors that the plan names."""
        plan = self._plan or frozenset()
        return [i for i, tensor in enumerate(program.tensors) if tensor.name in plan]

    def _placed(self, program: Program) -> Program:
        """A new program with its tensors behind those of the others, unless they are already."""
        start = min((tensor.address for tensor in program.tensors), default=self._end)
        if start >= self._end:
            return program
        moved = -(-(self._end - start) // ALIGNMENT) * ALIGNMENT
        tensors = (replace(one, address=one.address + moved) for one in program.tensors)
        return replace(program, tensors=tuple(tensors))

    def _call(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._failed:
            raise UserError("simulation: the session has ended with an error; start another one")
        self._failed = True
        try:
            value = step(*args, **kwargs)
        except _togsim.SimulationError as error:
            raise UserError(f"simulation: {error}") from error
        self._failed = False
        return value


def _renumbered(launch: Launch, known: _Known, earlier: int) -> Launch:
    """A program's launch in the numbers of the whole session, behind `earlier` launches."""
    return replace(
        launch,
        kernel=launch.kernel + known.kernels,
        tensors=tuple(tensor + known.tensors for tensor in launch.tensors),
        after=tuple(before + earlier for before in launch.after),
    )


def _write_trace(
    trace: TraceFile, kept: TraceData, result: Result, program: Program, machine: Machine
) -> TraceSummary:
    from npu.togsim.trace.perfetto import write_perfetto  # noqa: PLC0415 (protobuf takes its time)

    return write_perfetto(trace, kept, result, program, machine)


def _end(program: Program) -> int:
    """The first byte behind a program's tensors."""
    return max((tensor.address + tensor.bytes for tensor in program.tensors), default=0)
