"""Operators whose indices are data: values on Spike and of the executor, and what is refused."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from npu.configs.errors import UserError
from npu.frontend.compile import compile as compile_model
from npu.frontend.torch.import_model import import_model
from npu.runtime.reference import run_module
from npu.runtime.spike import SpikeTrap


class Model(nn.Module):
    """A function, which may have several results, so that one compilation tries all."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *tensors):
        return self.function(*tensors)


def check(function, tensors, gathers=None):
    """Each result on Spike and by the executor, against eager PyTorch; sums within rounding.

    `gathers` is how many there are in stage 0, if that matters.
    """
    model = Model(function)
    wanted = model(*tensors)
    compiled = compile_model(model, tensors, "8x8")
    if gathers is not None:
        assert compiled.ir("linalg").count("npu.gather") == gathers
    outputs, _ = compiled.run(*tensors, timing=False)
    values = compiled._values(compiled._given(tensors))
    executed = run_module(compiled.program.module, values)
    for number, (output, other, want) in enumerate(zip(outputs, executed, wanted, strict=True)):
        assert output.shape == want.shape
        assert output.dtype == want.dtype
        for found in (output.numpy(), other.reshape(want.shape)):
            np.testing.assert_allclose(
                found, want.numpy(), rtol=2e-6, atol=1e-6, err_msg=f"result {number}"
            )


def numbers(high, *shape, low=0):
    return torch.randint(low, high, shape)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def special(*shape):
    x = torch.randn(*shape)
    x.view(-1)[:4] = torch.tensor([float("inf"), float("-inf"), float("nan"), -0.0])
    return x


def test_rows_are_gathered():
    def results(x, i, j):
        return (
            F.embedding(j, x[:, :, 0].contiguous()),
            x.index_select(0, j[0]),
            x[i],
            x[:, j],
            x.transpose(1, 2)[:, :, j[1]],
            x[i, j],
            x[i, :, j],
            x[i, j, j],
            x.take(i),
            (x > 0)[i],
            x.to(torch.int64)[j],
        )

    check(
        results,
        (special(5, 5, 7).nan_to_num(7.0, 8.0, 9.0), numbers(5, 2, 4, low=-5), numbers(5, 2, 4)),
    )


def test_special_values_pass_unchanged():
    check(lambda x, i: (x[i], x[:, i]), (special(4, 4), numbers(4, 9)))


def test_elements_are_gathered():
    def results(x, i):
        return (
            x.gather(0, i),
            x.gather(1, i),
            x.gather(-1, i),
            torch.take_along_dim(x, i[:, :1, :1], 2),
            F.one_hot(i, 3),
        )

    check(results, (torch.randn(3, 5, 7), numbers(3, 3, 4, 6)))


def test_rows_are_scattered():
    def results(x, i, s):
        return (
            x.index_add(1, i, s, alpha=2),
            x.index_copy(1, i % 2 + torch.tensor([0, 2, 0, 2]), s),
            x.index_fill(0, i - 3, -1.5),
            x.index_reduce(1, i, s, "amax"),
            x.index_put((i, i), s[0], accumulate=True),
            torch.ops.aten.index_put(x, [i, None, i], s[1][:, :5], True),
            torch.ops.aten.index_put(x, [None, i[:1]], s[:, :1]),
        )

    check(results, (torch.randn(3, 5, 7), numbers(3, 4), torch.randn(3, 4, 7)))


def test_elements_are_scattered():
    def results(x, i, s):
        return (
            x.scatter(1, torch.arange(4).reshape(1, 4, 1).expand(3, 4, 7), s),
            x.scatter(1, i, 2.5),
            x.scatter_add(0, i % 3, s),
            x.scatter_reduce(1, i, s, "prod"),
            x.scatter_reduce(1, i, s, "amin", include_self=False),
            x.scatter_reduce(1, i, s, "mean"),
            (x > 0).scatter_reduce(1, i, s > 0, "prod"),
            (x * 9).to(torch.int32).scatter_add(1, i, (s * 9).to(torch.int32)),
        )

    check(results, (torch.randn(3, 5, 7), numbers(5, 3, 4, 7), torch.randn(3, 4, 7)))


def test_masks_and_sampling():
    def results(x, m):
        return (
            x.masked_fill(m, -2.0),
            x.index_put((m,), torch.tensor(3.0)),
            torch.where(m, x, x[0]),
            x.masked_scatter(m, -x),
            F.interpolate(x, size=(7, 5)),
            F.interpolate(x, size=(7, 5), mode="nearest-exact"),
            F.interpolate(x, size=(7, 5), mode="bilinear"),
        )

    check(results, (torch.randn(1, 2, 4, 3), torch.randn(1, 2, 4, 3) > 0))


def test_no_indices_and_a_single_one():
    def results(x, i, j):
        return x[i], x[j], x.index_add(0, i, x[i])

    check(results, (torch.randn(4, 3), numbers(4, 0), numbers(4, 1)))


def test_even_indices_that_are_known_are_slices():
    def results(x):
        return x[:, [0, 2, 4]], x[[3, 2, 1]], x[:, :, [-1]], x[[2, 2]], x[[0, 2, 1]]

    check(results, (torch.randn(4, 5, 3),), gathers=2)


def test_a_buffer_of_indices_that_changes_is_no_constant():
    class Moving(nn.Module):
        at: torch.Tensor

        def __init__(self):
            super().__init__()
            self.register_buffer("at", torch.tensor([0, 1]))

        def forward(self, x):
            rows = x[self.at]
            self.at.add_(1)
            return rows

    text = import_model(Moving(), (torch.randn(4, 3),)).text
    assert text.count("npu.gather") == 1


def test_an_index_outside_names_operator_and_line():
    model = nn.Embedding(10, 4)
    tokens = numbers(10, 2, 3)
    compiled = compile_model(model, (tokens,), "8x8")
    tokens[1, 2] = 10
    with pytest.raises(SpikeTrap, match=r"index 10 at \[1, 2\] .* expected 0 to 9") as trap:
        compiled.run(tokens, timing=False)
    assert "aten.embedding" in str(trap.value)
    tokens[1, 2] = -1
    with pytest.raises(SpikeTrap, match=r"index -1 at \[1, 2\]"):
        compiled.run(tokens, timing=False)


def test_a_mask_of_unknown_length_is_refused():
    with pytest.raises(UserError, match=r"aten.*gives as many elements as its values say"):
        compile_model(Model(lambda x, m: x[m]), (torch.randn(4), torch.randn(4) > 0), "8x8")


def test_a_large_table_is_timed_without_values():
    with torch.device("meta"):
        model = nn.Embedding(128256, 4096)
    tokens = torch.zeros(64, dtype=torch.int64)
    compiled = compile_model(model, (tokens,), "tpuv3")
    _, report = compiled.run(tokens, functional=False)
    simulation = report.simulation
    assert simulation is not None
    assert [launch.indices for launch in simulation.launches] == ["uniform, seed 0"]
    assert simulation.total_cycles > 64 * 4096 * 4 * 2 // 1024
