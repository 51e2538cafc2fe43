"""`@main` to DRAM tensors and launches with their data dependences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import func, memref
from xdsl.ir import Operation, SSAValue

from npu.dialects import npu, tog
from npu.dialects.dram_tensors import buffer_behind, dram_tensors
from npu.passes.kernel.symbols import unique
from npu.passes.tog.errors import refuse

EXPECTED = (
    memref.AllocOp,
    memref.ExpandShapeOp,
    memref.CollapseShapeOp,
    npu.LaunchOp,
    func.ReturnOp,
)
"""What may stand in `@main`."""


def host_ops(main: func.FuncOp, graphs: Sequence[tog.GraphOp], *, serial: bool) -> list[Operation]:
    """The `tog.tensor`s and `tog.launch`es of a program. Raises UserError by rule R8.

    With `serial` each launch waits for the one before, else for those whose data it needs.
    """
    for op in main.body.walk():
        if not isinstance(op, (*EXPECTED, func.FuncOp)):
            expected = ", ".join(known.name for known in EXPECTED)
            refuse(op, "R8", f"{op.name} has no place in @main; expected {expected}")
    taken = {graph.sym_name.data for graph in graphs}
    names: dict[SSAValue, str] = {}
    tensors: list[Operation] = []
    for position, tensor in enumerate(dram_tensors(main)):
        if tensor.bytes == 0:  # no launch reads or writes it
            continue
        name = unique(tensor.value.name_hint or f"tensor{position}", taken)
        names[tensor.value] = name
        tensors.append(tog.TensorOp(name, tensor.address, tensor.bytes))
    effects = {graph.sym_name.data: _effects(graph) for graph in graphs}
    return [*tensors, *_launches(main, names, effects, serial=serial)]


@dataclass(frozen=True)
class _Effects:
    """Which arguments a graph reads and writes."""

    reads: frozenset[int]
    writes: frozenset[int]


@dataclass
class _History:
    """What earlier launches did to one tensor."""

    writer: int | None = None
    """The last launch that wrote it."""

    readers: list[int] = field(default_factory=list[int])
    """The launches that read it since."""


def _effects(graph: tog.GraphOp) -> _Effects:
    ops = list(graph.body.walk())
    return _Effects(
        frozenset(op.argument for op in ops if isinstance(op, tog.LoadOp)),
        frozenset(op.argument for op in ops if isinstance(op, tog.StoreOp)),
    )


def _launches(
    main: func.FuncOp,
    names: dict[SSAValue, str],
    effects: dict[str, _Effects],
    *,
    serial: bool,
) -> list[tog.LaunchOp]:
    launches: list[tog.LaunchOp] = []
    histories = {name: _History() for name in names.values()}
    for op in main.body.walk():
        if not isinstance(op, npu.LaunchOp):
            continue
        kernel = op.kernel.string_value()
        tensors = [names[buffer_behind(argument)] for argument in op.arguments]
        found = _record(len(launches), tensors, effects[kernel], histories)
        after = [len(launches) - 1] if serial and launches else sorted(found)
        runs = [launches[number].run for number in after]
        launch = tog.LaunchOp(kernel, tensors, runs, origin=op.origin)
        launch.run.name_hint = f"{kernel}_run"
        launches.append(launch)
    return launches


def _record(
    number: int, tensors: Sequence[str], effects: _Effects, histories: dict[str, _History]
) -> set[int]:
    """Adds a launch to the histories and returns the launches it depends on.

    Read after write: the last writer. Write after read: the readers since. Write after write: the
    last writer, unless there are readers since, which depend on it themselves.
    """
    after: set[int] = set()
    for argument in sorted(effects.reads):
        history = histories[tensors[argument]]
        after |= {history.writer} if history.writer is not None else set[int]()
    for argument in sorted(effects.writes):
        history = histories[tensors[argument]]
        last = [history.writer] if history.writer is not None else []
        after |= set(history.readers or last)
    for argument in sorted(effects.reads):
        histories[tensors[argument]].readers.append(number)
    for argument in sorted(effects.writes):
        histories[tensors[argument]] = _History(writer=number)
    return after
