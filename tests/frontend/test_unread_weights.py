"""Weights that a program does not read are taken out and come back where they were."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

from npu.frontend.torch.unread_weights import put_back, take_unread


class Reading(nn.Module):
    """Reads the weights of these names only."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        for name in ("first", "second", "third"):
            setattr(self, name, nn.Parameter(torch.randn(2)))
        self.register_buffer("kept", torch.randn(2))
        self.register_buffer("passing", torch.randn(2), persistent=False)
        self.names = names

    def forward(self, x: Tensor) -> Tensor:
        for name in self.names:
            x = x + getattr(self, name)
        return x


def _operands(program: ExportedProgram) -> list[tuple[object, ...]]:
    """What each operand is, in their order, and its type."""
    nodes = program.graph.find_nodes(op="placeholder")
    specs = program.graph_signature.input_specs
    assert [node.name for node in nodes] == [spec.arg.name for spec in specs]
    return [
        (spec.kind, spec.target, spec.persistent, node.name, node.meta["val"].shape)
        for node, spec in zip(nodes, specs, strict=True)
    ]


@pytest.mark.parametrize(
    "names",
    [(), ("first",), ("third",), ("second", "passing"), ("first", "third", "kept"), ("kept",)],
)
def test_operands_are_those_of_before(names: tuple[str, ...]) -> None:
    model = Reading(names)
    program = torch.export.export(model, (torch.ones(2),))
    before, values = _operands(program), dict(program.state_dict)
    taken = take_unread(program)
    assert [one[1] for one in _operands(program) if one[1]] == [
        name for name, _ in (*model.named_parameters(), *model.named_buffers()) if name in names
    ]
    program = program.run_decompositions()
    put_back(program, taken)
    assert _operands(program) == before
    assert {name: id(value) for name, value in program.state_dict.items()} == {
        name: id(value) for name, value in values.items()
    }


def test_a_buffer_that_is_changed_stays() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("count", torch.zeros(2))

        def forward(self, x: Tensor) -> Tensor:
            self.count += 1
            return x * 2

    program = torch.export.export(Counting(), (torch.ones(2),)).run_decompositions()
    assert take_unread(program) == []
