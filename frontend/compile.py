"""The Python interface: `compile` a PyTorch model for a machine, look at its IR, run it.

from npu.frontend.compile import compile

compiled = compile(model, inputs, "tpuv3")
print(compiled.ir("npu-tile"))
outputs, report = compiled.run(*inputs)
print(report.total_cycles)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.frontend.imported import Array, Imported
from npu.frontend.torch.arrays import to_array, to_tensor, type_name
from npu.frontend.torch.import_model import import_model
from npu.passes.map.strategies import AUTO
from npu.runtime.compiler import CompiledProgram, compile_text
from npu.runtime.indices import Record
from npu.runtime.memory_need import check_memory, spike_needs
from npu.runtime.progress import StageClock
from npu.runtime.report import RunReport, kernels_by_name, launches_of
from npu.runtime.session import simulate_program, spike_run
from npu.runtime.whole import whole_of

SMALLER = (
    "call run(..., functional=False) to simulate cycles without values, compile for smaller "
    "inputs, or run where more memory is free"
)
"""What to do when the values do not fit."""


@dataclass(frozen=True)
class CompiledModel:
    """A PyTorch model compiled for one machine; its weights are those at compile time."""

    name: str
    imported: Imported
    program: CompiledProgram

    state: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    """The buffers that the model changes, as the last run that kept its state has left them."""

    @property
    def stages(self) -> tuple[str, ...]:
        """The names `ir` takes, in order."""
        return self.program.stage_names

    def ir(self, stage: str) -> str:
        """The text of a stage: `linalg`, a pass name such as `npu-tile`, or `llvm`.

        Raises UserError for a stage that does not exist.
        """
        return self.program.ir(stage)

    def run(
        self,
        *inputs: Tensor,
        functional: bool = True,
        timing: bool = True,
        keep_state: bool = False,
    ) -> tuple[tuple[Tensor, ...], RunReport]:
        """Runs the program on `inputs` of the shapes and types it was compiled for.

        Returns the outputs computed on Spike (none without `functional`) and the report with
        `total_cycles`, kernels and the units' statistics (no cycles without `timing`). Behind the
        model's own outputs are the new values of the buffers and inputs that it changes. With
        `keep_state`, buffers have these in the next run, and inputs are changed in place, as eager
        PyTorch does; without, the next run starts as this one. Raises UserError for inputs that do
        not fit, and for values that memory does not hold.
        """
        if keep_state and not functional:
            raise UserError(
                f"{self.name}: keep_state keeps values, which functional=False does not compute; "
                "drop one of them"
            )
        clock = StageClock()
        if functional:
            check_memory(spike_needs(self.program.module, keep_memory=False), SMALLER)
        outputs: tuple[Tensor, ...] = ()
        given = self._given(inputs)
        indices: Record | None = None
        if functional:
            values = self._values(given)
            run = spike_run(self.program, values, clock, keep_memory=False)
            arrays, indices = run.outputs, run.indices
            types = [getattr(torch, name) for name in self.imported.output_types]
            outputs = tuple(map(to_tensor, arrays, types))
        if keep_state:
            self._keep(inputs, outputs)
        simulation = simulate_program(self.program, clock, indices=indices) if timing else None
        report = RunReport(
            self.name,
            self.program.machine,
            kernels_by_name(self.program.module),
            launches_of(self.program.module),
            None,
            simulation,
            clock.seconds,
            whole_of(
                self.program.module,
                self.program.flops,
                self.imported.constant_positions,
                None,
                simulation,
            ),
        )
        return outputs, report

    def _keep(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        """Leave behind what the model has changed."""
        changes = self.imported.changes
        for change, value in zip(changes, outputs[len(outputs) - len(changes) :], strict=True):
            if change.input is None:
                self.state[change.name] = value.clone()
            else:
                inputs[change.input].copy_(value)

    def _values(self, given: Mapping[int, Array]) -> list[Array]:
        """All arguments of `@main`: the weights, with inputs and what was kept in their places."""
        kept = {
            change.argument: to_array(self.state[change.name], change.name)
            for change in self.imported.changes
            if change.name in self.state
        }
        values: list[Array] = []
        for position, argument in enumerate(self.imported.arguments):
            found = given.get(position, kept.get(position))
            values.append(argument.value if found is None else found)
        return values

    def _given(self, inputs: Sequence[Tensor]) -> dict[int, Array]:
        """The inputs by their places among the arguments; no weight is made for that."""
        positions = self.imported.input_positions
        if len(inputs) != len(positions):
            raise UserError(f"{self.name} takes {len(positions)} inputs, got {len(inputs)}")
        given: dict[int, Array] = {}
        for number, (position, tensor) in enumerate(zip(positions, inputs, strict=True)):
            argument = self.imported.arguments[position]
            expected, type_ = argument.value.shape, argument.type
            if type_.startswith("complex"):  # kernels have both parts in a last dimension
                expected = expected[:-1]
            if type_name(tensor.dtype) != type_ or tuple(tensor.shape) != expected:
                raise UserError(
                    f"input {number} of {self.name} was compiled as {type_} of shape "
                    f"{list(expected)}, got {type_name(tensor.dtype)} of shape "
                    f"{list(tensor.shape)}; compile again for other shapes"
                )
            given[position] = to_array(tensor, f"input {number}")
        return given


def compile(  # noqa: A001 (the verb users of torch.compile know)
    model: nn.Module,
    inputs: tuple[Tensor, ...],
    machine: Machine | str | Path = "tpuv3",
    *,
    conv_strategy: str = AUTO,
    join: bool = True,
) -> CompiledModel:
    """Compiles `model` called with `inputs` (tensors that give shapes and types) for `machine`.

    `machine` is a shipped machine's name, the path of a YAML file, or a `Machine`; `conv_strategy`
    is `taps`, `row`, `folded` or, to take the best, `auto`; without `join`, no groups become
    stages of one kernel, not even where that gains (docs/mapping.md, both). Raises UserError for
    what cannot be compiled, all unsupported operators at once with their source lines.
    """
    imported = import_model(model, inputs)
    program = compile_text(imported.source, machine, conv_strategy=conv_strategy, join=join)
    return CompiledModel(type(model).__name__, imported, program)
