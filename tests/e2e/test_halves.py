"""bf16 and f16 on the whole way: bit for bit what eager PyTorch gives where it rounds once."""

import dataclasses
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from npu.configs.array_passes import ArrayPasses
from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.frontend.compile import compile as compile_model
from npu.frontend.eager import expected
from npu.frontend.torch.import_model import import_model
from npu.runtime.compiler import compile_text
from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import simulate_program, spike_run
from npu.runtime.value_check import check_values

TYPES = [torch.bfloat16, torch.float16]
MACHINE = "8x8"


def made(shape, dtype, seed=0):
    """Random halves; among them zeros, infinities, NaN, denormals, ties, the ends of the range."""
    ends = torch.finfo(dtype)
    special = [0.0, -0.0, math.inf, -math.inf, math.nan, ends.max, ends.min, ends.tiny]
    special += [ends.tiny / 4, 1.0, 1 + ends.eps, 1 + 3 * ends.eps, -2.5]
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
    count = min(len(special), x.numel())
    x.reshape(-1)[:count] = torch.tensor(special, dtype=torch.float64)[:count].to(dtype)
    return x


class Elementwise(nn.Module):
    """Chains of operators, each of which rounds; numbers, other types and results of those."""

    def forward(self, x, y, ids):
        z = (x + y) * 0.1 - x / 3
        return (
            *(z, x * y, x / y, x - 2.5, -x, x.abs(), torch.relu(x), F.gelu(z), F.silu(z)),
            *(torch.exp(x), torch.sigmoid(z), torch.tanh(z), x.sqrt(), x.rsqrt(), x.square()),
            *(x == 0.1, x < y, torch.maximum(x, y), x.clamp(-0.1, 0.3), torch.where(x > y, x, 0.1)),
            *(x.float() * 3, ids * x, x.nan_to_num(0.5), ids.to(x.dtype)),
        )


class Rows(nn.Module):
    """Reductions and norms: in f32 inside, rounded at the end."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(37)

    def forward(self, x):
        normal = self.norm(x)
        return (
            normal,
            x.softmax(-1),
            x.softmax(0),
            x.sum(1),
            x.mean(0),
            x.amax(1),
            F.rms_norm(x, (37,)),
        )


class Moves(nn.Module):
    """What only moves values takes two bytes each and leaves every bit."""

    def forward(self, x, table, ids):
        parts = torch.cat([x, x.flip(1)], 0)
        padded = F.pad(x, (1, 2), value=-1.0)
        return x.t().reshape(-1), parts[1::2], padded, F.embedding(ids, table), x.roll(3, 0)


class Changes(nn.Module):
    """Changes in place round as they go."""

    def forward(self, x):
        y = x.clone()
        y.mul_(0.3)
        y += 1
        return y.relu_(), y[:, 2:].add_(x[:, 2:])


def agrees(model, inputs, machine=None, *, exactly=True):
    """Executor, Spike and check agree with eager PyTorch; the compiled program."""
    machine = machine or load(MACHINE)
    imported = import_model(model.eval(), inputs)
    wanted = expected(model, inputs, imported.changes)
    program = compile_text(imported.text, machine)
    run = spike_run(program, imported.values, StageClock())
    found = run_module(program.module, imported.values, cores=machine.num_cores)
    assert wanted.singles is not None
    for one, other, eager in zip(run.outputs, found, wanted.singles, strict=True):
        assert np.array_equal(one, other, equal_nan=True)
        if exactly:
            np.testing.assert_array_equal(one, eager)
    check = check_values(program, imported.values, run, wanted, imported.rounded_positions)
    assert check.passed, check.first_fault
    return program, imported, run, wanted


@pytest.mark.parametrize("dtype", TYPES)
def test_each_operator_rounds_its_result_once(dtype):
    ids = torch.randint(-50, 50, (5, 7), generator=torch.Generator().manual_seed(2))
    inputs = (made((5, 7), dtype), made((5, 7), dtype, 1).flip(0, 1), ids)
    exact, near = [], []
    model = Elementwise()
    imported = import_model(model, inputs)
    program = compile_text(imported.text, load(MACHINE))
    found = spike_run(program, imported.values, StageClock()).outputs
    executed = run_module(program.module, imported.values)
    for one, other, eager in zip(found, executed, model(*inputs), strict=True):
        assert np.array_equal(one, other, equal_nan=True)
        wide = eager.float().numpy() if eager.is_floating_point() else eager.numpy()
        (exact if np.array_equal(one, wide, equal_nan=True) else near).append((one, wide))
    # functions that neither side rounds exactly may fall to the other neighbour, nothing else may
    assert len(near) <= 3
    for one, wide in near:
        np.testing.assert_allclose(one, wide, rtol=2 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", TYPES)
def test_rows_are_computed_in_f32_and_rounded_once(dtype):
    torch.manual_seed(0)
    x = torch.randn(21, 37).to(dtype)
    agrees(Rows().to(dtype), (x,), exactly=False)


@pytest.mark.parametrize("dtype", TYPES)
def test_moves_and_changes(dtype):
    x, table = made((6, 9), dtype), made((11, 5), dtype, 3)
    agrees(Moves(), (x, table, torch.tensor([3, 0, 10, 3])))
    agrees(Changes(), (x,))


@pytest.mark.parametrize("dtype", TYPES)
def test_products_are_added_up_in_f32(dtype):
    torch.manual_seed(0)
    mlp = nn.Sequential(nn.Linear(23, 40), nn.GELU(), nn.Linear(40, 9)).to(dtype)
    agrees(mlp, (torch.randn(13, 23).to(dtype),))
    convolution = nn.Conv2d(3, 10, 3, padding=1, stride=2).to(dtype)
    agrees(convolution, (torch.randn(2, 3, 9, 11).to(dtype),))


class Attention(nn.Module):
    """Scaled dot product attention, whose weights are rounded."""

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)


def test_attention_multiplies_halves():
    torch.manual_seed(0)
    inputs = tuple(torch.randn(1, 2, 20, 8).bfloat16() for _ in range(3))
    program, *_ = agrees(Attention(), inputs, exactly=False)
    text = str(program.module)
    assert "npu.matmul" in text
    assert not any("xf32" in line for line in text.splitlines() if "npu.preload" in line)


def test_a_value_that_is_off_by_one_bit_is_found():
    torch.manual_seed(0)
    model = nn.Linear(16, 8).bfloat16()
    inputs = (torch.randn(4, 16).bfloat16(),)
    program, imported, run, wanted = agrees(model, inputs)
    for output in (*run.memory.values(), *run.outputs):
        if output.shape == (4, 8):
            bits = output.view(np.int32)
            bits[2, 3] += 2 << 16
    wrong = check_values(program, imported.values, run, wanted)
    assert not wrong.passed
    assert "gives" in (wrong.first_fault or "")


def test_a_product_of_bf16_moves_half_the_bytes():
    def moved(dtype):
        model = nn.Linear(256, 256, bias=False).to(dtype)
        imported = import_model(model, (torch.zeros(256, 256).to(dtype),))
        program = compile_text(imported.text, load("tpuv6e"))
        return sum(one.bytes for one in simulate_program(program, StageClock()).channels)

    single, half = moved(torch.float32), moved(torch.bfloat16)
    assert single == 3 * 256 * 256 * 4
    assert half == single / 2


def test_a_type_that_the_arrays_do_not_take_is_refused_by_name():
    model = nn.Linear(8, 8).half()
    with pytest.raises(
        UserError, match=r"multiplies f16, which the arrays of 'tpuv6e' do not take"
    ):
        compile_model(model, (torch.zeros(3, 8).half(),), machine="tpuv6e")


def test_more_passes_take_the_arrays_longer_and_change_no_value():
    model, inputs = nn.Linear(64, 64).bfloat16(), (torch.ones(64, 64).bfloat16(),)
    imported = import_model(model, inputs)
    machine = load(MACHINE)
    slow = dataclasses.replace(machine, array_passes=ArrayPasses(bf16=3))
    quick, other = (compile_text(imported.text, one) for one in (machine, slow))
    times = [simulate_program(one, StageClock()).total_cycles for one in (quick, other)]
    assert times[1] > 2 * times[0]
