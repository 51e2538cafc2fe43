"""`@main` to DRAM tensors and launches with their data dependences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects import func, memref
from xdsl.ir import Operation, SSAValue

from npu.dialects import npu, tog
from npu.dialects.dram_tensors import buffer_behind, dram_tensors
from npu.passes.kernel.symbols import unique
from npu.passes.tog.effects import Effects, History
from npu.passes.tog.errors import refuse

EXPECTED = (
    memref.AllocOp,
    memref.ExpandShapeOp,
    memref.CollapseShapeOp,
    npu.LaunchOp,
    func.ReturnOp,
)
"""What may stand in `@main`."""


def host_ops(main: func.FuncOp, effects: Mapping[str, Effects], *, serial: bool) -> list[Operation]:
    """The `tog.tensor`s and `tog.launch`es of a program. Raises UserError by rule R8.

    `effects` are those of the kernels, by their names. With `serial` each launch waits for the
    one before, else for those whose data it needs.
    """
    for op in main.body.walk():
        if not isinstance(op, (*EXPECTED, func.FuncOp)):
            expected = ", ".join(known.name for known in EXPECTED)
            refuse(op, "R8", f"{op.name} has no place in @main; expected {expected}")
    taken = set(effects)
    names: dict[SSAValue, str] = {}
    tensors: list[Operation] = []
    for position, tensor in enumerate(dram_tensors(main)):
        if tensor.bytes == 0:  # no launch reads or writes it
            continue
        name = unique(tensor.value.name_hint or f"tensor{position}", taken)
        names[tensor.value] = name
        tensors.append(tog.TensorOp(name, tensor.address, tensor.bytes))
    return [*tensors, *_launches(main, names, effects, serial=serial)]


def _launches(
    main: func.FuncOp,
    names: dict[SSAValue, str],
    effects: Mapping[str, Effects],
    *,
    serial: bool,
) -> list[tog.LaunchOp]:
    launches: list[tog.LaunchOp] = []
    histories = {name: History() for name in names.values()}
    waits: list[set[int]] = []
    for op in main.body.walk():
        if not isinstance(op, npu.LaunchOp):
            continue
        kernel = op.kernel.string_value()
        tensors = [names[buffer_behind(argument)] for argument in op.arguments]
        waits.append(_waits(tensors, effects[kernel], histories, waits))
        _record(len(launches), tensors, effects[kernel], histories)
        after = [len(launches) - 1] if serial and launches else sorted(waits[-1])
        runs = [launches[number].run for number in after]
        launch = tog.LaunchOp(kernel, tensors, runs, origin=op.origin)
        launch.run.name_hint = f"{kernel}_run"
        launches.append(launch)
    return launches


def _waits(
    tensors: Sequence[str],
    effects: Effects,
    histories: Mapping[str, History],
    waits: Sequence[set[int]],
) -> set[int]:
    """The launches that one with these tensors depends on; `waits` are those of earlier ones."""
    after: set[int] = set()
    for argument, part in effects.reads.items():
        after |= histories[tensors[argument]].met_by_read(part)
    for argument, part in effects.writes.items():
        after |= histories[tensors[argument]].met_by_write(part, waits)
    return after


def _record(
    number: int, tensors: Sequence[str], effects: Effects, histories: Mapping[str, History]
) -> None:
    """Adds a launch to the histories."""
    for argument, part in effects.reads.items():
        histories[tensors[argument]].readers.append((number, part))
    for argument, part in effects.writes.items():
        histories[tensors[argument]].write(number, part)
