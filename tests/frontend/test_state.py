"""What a model changes: new values are results, and are kept for the next run where asked for."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from npu.configs.errors import UserError
from npu.frontend.compile import CompiledModel
from npu.frontend.compile import compile as compile_model
from npu.frontend.eager import expected
from npu.frontend.torch.import_model import import_model

LENGTH, WIDTH = 6, 8


class Decoder(nn.Module):
    """Attention of one token to those so far, whose keys and values are in a cache."""

    keys: Tensor
    values: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.inward = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(3))
        for name in ("keys", "values"):
            self.register_buffer(name, torch.zeros(1, LENGTH, WIDTH), persistent=False)

    def forward(self, x: Tensor, position: Tensor) -> Tensor:
        """x (1, 1, width), the token at ``position`` (1,)."""
        query, key, value = (layer(x) for layer in self.inward)
        numbers = torch.arange(LENGTH)
        here = (numbers == position).float()[None, :, None]
        self.keys.mul_(1 - here).add_(key * here)
        self.values.mul_(1 - here).add_(value * here)
        scores = query @ self.keys.transpose(1, 2)
        seen = torch.where(numbers <= position, scores, -torch.inf)
        return torch.softmax(seen, -1) @ self.values


class Count(nn.Module):
    """An integer that counts calls, a sum that is only written, an input that is changed."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.register_buffer("last", torch.zeros(3))

    def forward(self, x: Tensor, total: Tensor) -> Tensor:
        self.count += 1
        self.last = x * 2
        total += x
        return x * self.count


@pytest.fixture(scope="module")
def decoder() -> tuple[Decoder, CompiledModel]:
    torch.manual_seed(0)
    model = Decoder().eval()
    return model, compile_model(model, (torch.randn(1, 1, WIDTH), torch.tensor([0])), "8x8")


def test_decoding_step_after_step(decoder) -> None:
    model, compiled = decoder
    eager = copy.deepcopy(model)
    for step in range(4):
        x, position = torch.randn(1, 1, WIDTH), torch.tensor([step])
        with torch.no_grad():
            wanted = (eager(x, position), eager.keys, eager.values)
        found, _ = compiled.run(x, position, timing=False, keep_state=True)
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other)
    assert bool(compiled.state["keys"][0, :4].ne(0).all())
    assert not model.keys.any(), "the model itself is left as it is"


def test_a_run_that_keeps_nothing_starts_anew(decoder) -> None:
    _, compiled = decoder
    before = dict(compiled.state)
    x, position = torch.randn(1, 1, WIDTH), torch.tensor([5])
    first, _ = compiled.run(x, position, timing=False)
    second, _ = compiled.run(x, position, timing=False)
    assert all(map(torch.equal, first, second))
    assert all(torch.equal(compiled.state[name], value) for name, value in before.items())


def test_changes_are_results_and_the_reference_knows_them() -> None:
    model, inputs = Count(), (torch.tensor([1.0, 2.0, 3.0]), torch.ones(3))
    program = import_model(model, inputs)
    assert [(one.name, one.argument, one.input) for one in program.changes] == [
        ("count", 0, None),
        ("last", None, None),
        ("total", 2, 1),
    ]
    assert program.output_types == ("float32", "int64", "float32", "float32")
    wanted = expected(model, inputs, program.changes)
    assert [one.tolist() for one in wanted.singles or ()] == [
        [1.0, 2.0, 3.0],
        1,
        [2.0, 4.0, 6.0],
        [2.0, 3.0, 4.0],
    ]
    assert np.array_equal(inputs[1], torch.ones(3))
    assert int(model.count) == 0


def test_inputs_are_changed_in_place_where_state_is_kept() -> None:
    x, total = torch.tensor([1.0, 2.0, 3.0]), torch.ones(3)
    compiled = compile_model(Count(), (x, total), "8x8")
    compiled.run(x, total, timing=False)
    assert total.tolist() == [1.0, 1.0, 1.0]
    compiled.run(x, total, timing=False, keep_state=True)
    outputs, _ = compiled.run(x, total, timing=False, keep_state=True)
    assert total.tolist() == [3.0, 5.0, 7.0]
    assert outputs[0].tolist() == [2.0, 4.0, 6.0]
    assert int(compiled.state["count"]) == 2


def test_state_needs_values(decoder) -> None:
    _, compiled = decoder
    with pytest.raises(UserError, match="keep_state keeps values"):
        compiled.run(torch.randn(1, 1, WIDTH), torch.tensor([0]), functional=False, keep_state=True)
