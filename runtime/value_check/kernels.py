"""The first half of the value check: each kernel computed its group, on what it was given.

Every launch's inputs are taken as the device had them, and its group is executed on them in
float64. Each element of the results must then lie within what float32 rounding may do in that one
kernel. Kernels are judged one by one, so limits stay narrow however deep a model is, and the kernel
that is wrong is named.

So are the stages of a kernel that has several with contractions. What they leave for each other is
in no memory; a second run of them, in which they store that too, shows it. Its results must be the
same numbers: then what is found of its stages is how the results of the first run came about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import func, tensor
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from npu.dialects.dram_tensors import buffer_behind
from npu.dialects.npu import GroupOp, LaunchOp
from npu.passes.group.launches import launches_of
from npu.passes.group.parts import part_of
from npu.runtime.compiler import CompiledProgram
from npu.runtime.functional import Array, SpikeRun
from npu.runtime.main_function import main_function
from npu.runtime.reference.types import element_type, shape_of
from npu.runtime.rounding.groups import run_group
from npu.runtime.rounding.pairs import exact
from npu.runtime.value_check.judge import KernelCheck, judge
from npu.runtime.value_check.stages import StageWatch, unlike
from npu.runtime.watched import has_stages


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
        self.block = grouped.body.block
        self.launches, self.memory = _launches(compiled.module), run.memory
        self.watched: Watched | None = None
        if run.watched is not None:
            self.watched = _launches(compiled.watched.module), run.watched.memory
        self.array_size = compiled.machine.array_size
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
        given = [exact(source.value) for source in inputs]
        buffers = list(launch.arguments)[-len(group.outputs) :]
        results = [
            _left(self.memory[buffer_behind(value)], output)
            for value, output in zip(buffers, group.outputs, strict=True)
        ]
        if self.watched is None or not has_stages(group):
            limits = run_group(group, given, self.array_size)
            check = judge(name, results, limits, number, launch.origin)
        else:
            watched, between = self._watched(self.watched, launch, group)
            watch = StageWatch(group, between, name, number)
            limits = run_group(group, given, self.array_size, between=watch.between)
            last = judge(name, results, limits, number, launch.origin)
            check = watch.with_stages(last, unlike(results, watched))
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

    def _watched(
        self, run: Watched, launch: LaunchOp, group: GroupOp
    ) -> tuple[list[Array], list[Array]]:
        """The same launch in the run that is watched: its results, and what its stages left."""
        launches, memory = run
        others, count = list(next(launches).arguments), len(launch.arguments)
        results = others[count - len(group.outputs) : count]
        return [memory[buffer] for buffer in results], [memory[buffer] for buffer in others[count:]]


Memory = Mapping[SSAValue, Array]
"""What each buffer of `@main` held at the end."""

Watched = tuple[Iterator[LaunchOp], Memory]
"""The launches of kernels with stages alone that are still to come, and what they left."""


def _launches(module: ModuleOp) -> Iterator[LaunchOp]:
    """The launches of a program, in order."""
    ops = main_function(module).body.block.ops
    return iter([op for op in ops if isinstance(op, LaunchOp)])


def _left(memory: Array, output: SSAValue) -> Array:
    """What a launch left of a group's result: all of a buffer, or its part of a whole."""
    found = part_of(output)
    if found is not None:
        _, part = found
        memory = memory.reshape(part.shape)[part.box(shape_of(output.type)[part.dim])]
    return memory.reshape(shape_of(output.type))
