"""The first half of the value check: each kernel computed its group, on what it was given.

Every launch's inputs are taken as the device had them, and its group is executed on them in
float64. Each element of the results must then lie within what float32 rounding may do in that one
kernel. Kernels are judged one by one, so limits stay narrow however deep a model is, and the kernel
that is wrong is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects import func, tensor
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from npu.dialects.dram_tensors import buffer_behind
from npu.dialects.npu import GroupOp, LaunchOp
from npu.dialects.origin import UNKNOWN, Origin, described
from npu.passes.group.indexed import launches_of
from npu.passes.group.parts import part_of
from npu.runtime.accuracy import FINITE, kinds
from npu.runtime.compiler import CompiledProgram
from npu.runtime.functional import Array, SpikeRun
from npu.runtime.main_function import main_function
from npu.runtime.reference.types import element_type, shape_of
from npu.runtime.rounding.groups import run_group
from npu.runtime.rounding.pairs import Pairs, exact


@dataclass(frozen=True)
class KernelCheck:
    """What one launch did."""

    kernel: str
    """Name of the kernel."""

    share: float
    """The largest error over its limit; above 1 the kernel is wrong."""

    fault: str | None
    """The element that is furthest beyond its limit, in words; None of a kernel that is right."""

    in_doubt: int = 0
    """Elements that may be anything, because rounding decides what they are."""

    origin: Origin = UNKNOWN
    """What of the user's program the launch computes."""


@dataclass(frozen=True)
class Traced:
    """An output as the device's memory has it."""

    value: Array
    suspects: tuple[int, ...]
    """The launches that it depends on and that are wrong."""


def check_kernels(
    grouped: FuncOp, compiled: CompiledProgram, values: Sequence[Array], run: SpikeRun
) -> tuple[list[KernelCheck], list[Traced]]:
    """Judges every launch of a run on `values`, and follows the outputs through its memory."""
    return _Walk(grouped, compiled, values, run).walk()


class _Walk:
    """`@main` of the grouped program from top to bottom, beside the launches of the final one."""

    def __init__(
        self,
        grouped: FuncOp,
        compiled: CompiledProgram,
        values: Sequence[Array],
        run: SpikeRun,
    ) -> None:
        final = main_function(compiled.module)
        self.block = grouped.body.block
        self.launches = iter([op for op in final.body.block.ops if isinstance(op, LaunchOp)])
        self.array_size = compiled.machine.array_size
        self.memory = run.memory
        self.checks: list[KernelCheck] = []
        self.known: dict[SSAValue, Traced] = {
            argument: Traced(value, ())
            for argument, value in zip(self.block.args, values, strict=True)
        }

    def walk(self) -> tuple[list[KernelCheck], list[Traced]]:
        for op in self.block.ops:
            if isinstance(op, func.ReturnOp):
                return self.checks, [self.known[value] for value in op.operands]
            if isinstance(op, GroupOp):
                self._group(op)
            elif isinstance(op, tensor.ExpandShapeOp | tensor.CollapseShapeOp):
                self._reshape(op)
            elif isinstance(op, tensor.ConcatOp):
                self._concat(op)
            elif isinstance(op, tensor.EmptyOp):
                # Read from here on only where it has no elements, and is whole without a kernel.
                nothing = np.zeros(shape_of(op.tensor.type), element_type(op.tensor.type))
                self.known[op.tensor] = Traced(nothing, ())
        raise ValueError("@main does not end in func.return")

    def _reshape(self, op: Operation) -> None:
        source = self.known[op.operands[0]]
        shape = shape_of(op.results[0].type)
        self.known[op.results[0]] = Traced(source.value.reshape(shape), source.suspects)

    def _concat(self, op: tensor.ConcatOp) -> None:
        """A whole is what its parts are, each of which was taken out of its memory."""
        parts = [self.known[value] for value in op.inputs]
        value = np.concatenate([part.value for part in parts], op.dim.value.data)
        suspects = dict.fromkeys(one for part in parts for one in part.suspects)
        self.known[op.result] = Traced(value, tuple(suspects))

    def _group(self, group: GroupOp) -> None:
        """Judges the last launch that stands for a group, and notes what it left in memory."""
        for _ in range(launches_of(group) - 1):
            self._unjudged(next(self.launches))
        launch, number = next(self.launches), len(self.checks)
        name = launch.kernel.root_reference.data
        assert launch.origin == group.origin, f"{launch} does not stand for {group.sym_name}"
        inputs = [self.known[value] for value in group.inputs]
        given = list(launch.arguments)[-len(group.outputs) :]
        buffers = [buffer_behind(value) for value in given]
        results = [
            _left(self.memory[buffer], output)
            for buffer, output in zip(buffers, group.outputs, strict=True)
        ]
        limits = run_group(group, [exact(source.value) for source in inputs], self.array_size)
        check = judge(name, results, limits, number, launch.origin)
        self.checks.append(check)
        suspects = dict.fromkeys(one for source in inputs for one in source.suspects)
        if check.fault is not None:
            suspects[number] = None
        for output, result in zip(group.outputs, results, strict=True):
            self.known[output] = Traced(result, tuple(suspects))

    def _unjudged(self, launch: LaunchOp) -> None:
        """One whose result the next launch of its group changes: it is judged with that."""
        name = launch.kernel.root_reference.data
        self.checks.append(KernelCheck(name, 0.0, None, 0, launch.origin))


def _left(memory: Array, output: SSAValue) -> Array:
    """What a launch left of a group's result: all of a buffer, or its part of a whole."""
    found = part_of(output)
    if found is not None:
        _, part = found
        memory = memory.reshape(part.shape)[part.box(shape_of(output.type)[part.dim])]
    return memory.reshape(shape_of(output.type))


def judge(
    kernel: str, results: Sequence[Array], limits: Sequence[Pairs], launch: int, origin: Origin
) -> KernelCheck:
    """Compares what launch number `launch` of a kernel gave with what it may give."""
    where, worst, fault = f"kernel {kernel} in {described(launch, origin)}", 0.0, None
    for number, (result, limit) in enumerate(zip(results, limits, strict=True)):
        shares = shares_of_limit(result, limit)
        largest = float(shares.max(initial=0.0))
        if largest > max(worst, 1.0):
            which = f"result {number} of {where}" if number else where
            fault = f"{which} gives {_describe(result, limit, shares)}"
        worst = max(worst, largest)
    in_doubt = sum(int(np.isinf(limit["error"]).sum()) for limit in limits)
    return KernelCheck(kernel, worst, fault, in_doubt, origin)


def shares_of_limit(result: Array, limit: Pairs) -> NDArray[np.float64]:
    """The error of each element over its limit: 0 where there is none, infinite where none may be.

    NaNs and infinities must stand where those of the limit do, unless anything may.
    """
    value, error = limit["value"], limit["error"]
    with np.errstate(all="ignore"):
        difference = np.abs(result.astype(np.float64) - value)
        shares = np.where(difference == 0, 0.0, difference / error)
    same = kinds(result) == kinds(value)
    shares = np.where(same, np.where(kinds(value) == FINITE, shares, 0.0), np.inf)
    return np.where(np.isinf(error), 0.0, shares)


def _describe(result: Array, limit: Pairs, shares: NDArray[np.float64]) -> str:
    """The element that is furthest beyond its limit."""
    at = np.unravel_index(int(shares.argmax()), shares.shape)
    place = ", ".join(str(int(i)) for i in at)
    value, error = float(limit["value"][at]), float(limit["error"][at])
    count = int((shares > 1).sum())
    others = f"; {count} of {shares.size} elements are wrong" if count > 1 else ""
    return (
        f"{float(result[at]):.9g} at [{place}]; float64 gives {value:.9g} on the same inputs, and "
        f"rounding explains a difference of {error:.2e} at most{others}"
    )
