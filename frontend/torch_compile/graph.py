"""One graph of Dynamo's on the NPU: a program for each set of shapes, numbers and weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule

from npu.configs.errors import UserError
from npu.frontend.compile import CompiledModel
from npu.frontend.compile import compile as compile_model
from npu.frontend.torch.arrays import host_array
from npu.frontend.torch_compile.bound import BoundGraph, weight_places
from npu.frontend.torch_compile.options import Options
from npu.runtime.report import RunReport
from npu.togsim.report.result import Result


@dataclass
class _Program:
    """A program that was compiled, with its cycles once they were simulated."""

    compiled: CompiledModel
    changed: Mapping[str, int]
    """The places among the arguments of the buffers that the graph changes, by their names."""
    simulation: Result | None = None

    def run(
        self, arguments: Sequence[Any], inputs: Sequence[Tensor], *, timing: bool
    ) -> tuple[tuple[Tensor, ...], RunReport]:
        """The graph's own outputs; what it changes is changed in place."""
        buffers = {name: arguments[place].detach() for name, place in self.changed.items()}
        self.compiled.state.update(buffers)
        outputs, report = self.compiled.run(*inputs, timing=timing, keep_state=True)
        for name, buffer in buffers.items():
            buffer.copy_(self.compiled.state[name])
        return outputs[: len(outputs) - len(self.compiled.imported.changes)], report


class NpuGraph:
    """What Dynamo calls in the place of a graph; it compiles when it is called.

    Errors then reach the user as they are: what a backend raises, Dynamo wraps.
    """

    def __init__(
        self,
        graph: GraphModule,
        options: Callable[[], Options],
        report: Callable[[RunReport], None],
    ) -> None:
        """`options` reads them, or raises UserError; `report` takes the report of each run."""
        self._graph, self._options, self._report = graph, options, report
        self._weights = weight_places(graph)
        self._programs: dict[object, _Program] = {}
        self._changed: set[int] = set()
        """The places of the buffers that the graph changes, once that is known."""

    def __call__(self, *arguments: Any) -> tuple[Tensor, ...]:
        """The graph's outputs, computed on Spike.

        Raises UserError for what cannot be compiled or run.
        """
        _check(arguments)
        options = self._options()
        places = [
            i
            for i, one in enumerate(arguments)
            if isinstance(one, Tensor) and i not in self._weights
        ]
        program = self._program(arguments, places, options)
        inputs = [arguments[place].detach() for place in places]
        outputs, report = program.run(
            arguments, inputs, timing=options.timing and program.simulation is None
        )
        program.simulation = report.simulation or program.simulation
        self._report(replace(report, simulation=program.simulation))
        return outputs

    def _program(
        self, arguments: Sequence[Any], places: Sequence[int], options: Options
    ) -> _Program:
        """The program for these arguments, compiled when there is none yet."""
        key = self._key(arguments, places)
        if key not in self._programs:
            model = BoundGraph(self._graph, arguments, places).eval()
            inputs = tuple(arguments[place].detach() for place in places)
            compiled = compile_model(
                model,
                inputs,
                options.machine,
                conv_strategy=options.conv_strategy,
                join=options.join,
            )
            names = {name: place for place, name in model.buffers_at.items()}
            changed = {
                one.name: names[one.name] for one in compiled.imported.changes if one.input is None
            }
            self._changed.update(changed.values())
            key = self._key(arguments, places)
            self._programs[key] = _Program(compiled, changed)
        return self._programs[key]

    def _key(self, arguments: Sequence[Any], places: Sequence[int]) -> object:
        """What a program is compiled for: weights by their values, unless it changes them."""
        by_shape = {*places, *self._changed}
        return tuple(
            _shape(one) if i in by_shape else _digest(one) if isinstance(one, Tensor) else one
            for i, one in enumerate(arguments)
        )


def _check(arguments: Sequence[Any]) -> None:
    """Raises UserError for training, and for tensors that are elsewhere."""
    tensors = [one for one in arguments if isinstance(one, Tensor)]
    if torch.is_grad_enabled() and any(one.requires_grad for one in tensors):
        raise UserError(
            'the backend "npu" computes no gradients, and a parameter or an input requires them; '
            "call the model inside torch.no_grad() or torch.inference_mode()"
        )
    for one in tensors:
        if one.device.type != "cpu":
            raise UserError(
                f'the backend "npu" takes tensors on the CPU, got one on {one.device}; move the '
                'model and its inputs with .to("cpu")'
            )


def _shape(tensor: Tensor) -> object:
    return tuple(tensor.shape), tensor.dtype


def _digest(weight: Tensor) -> object:
    """A weight by its values: whatever has changed them, the program is compiled again."""
    array = host_array(weight, "a weight")
    return _shape(weight), hashlib.sha256(array.tobytes()).hexdigest()
