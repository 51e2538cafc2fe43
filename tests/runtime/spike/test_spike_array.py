"""The systolic array and the special functions on Spike, against numpy, at any VLEN and LMUL."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from xdsl.dialects.builtin import bf16, f16

from npu.codegen.image import DRAM_BASE, SPAD_BASE
from npu.configs.machine import Machine
from npu.runtime.reference.halves import IN_MEMORY, packed, rounded
from npu.runtime.spike import Spike, SpikeTrap

A0, A1, A2, A3, T0 = 10, 11, 12, 13, 5
WEIGHTS, INPUTS, RESULTS = DRAM_BASE, DRAM_BASE + 0x10_0000, DRAM_BASE + 0x20_0000

F32 = NDArray[np.float32]


def stream(
    asm: Any, total: int, chunk: int, lmul: int, body: Callable[[int], list[int]]
) -> list[int]:
    """Instructions that handle `total` elements, at most `chunk` at a time."""
    words: list[int] = []
    for start in range(0, total, chunk):
        count = min(chunk, total - start)
        words += [asm.addi(T0, 0, count), asm.vsetvli(0, T0, lmul), *body(count)]
    return words


def program(asm: Any, sizes: tuple[int, int, int], chunk: int, lmul: int) -> list[int]:
    """m rows through k x n weights: a0 weights, a1 inputs, a2 results, a3 k and n."""
    m, k, n = sizes
    words = [asm.npu("array.config", rs1=A3)]
    words += stream(
        asm, k * n, chunk, lmul,
        lambda c: [asm.vle32(8, A0), asm.npu("array.wpush", vs2=8), asm.addi(A0, A0, 4 * c)],
    )  # fmt: skip
    words += stream(
        asm, m * k, chunk, lmul,
        lambda c: [asm.vle32(8, A1), asm.npu("array.push", vs2=8), asm.addi(A1, A1, 4 * c)],
    )  # fmt: skip
    words += stream(
        asm, m * n, chunk, lmul,
        lambda c: [asm.npu("array.pop", vd=16), asm.vse32(16, A2), asm.addi(A2, A2, 4 * c)],
    )  # fmt: skip
    return [*words, asm.ret]


def in_order(inputs: F32, weights: F32) -> F32:
    """The array's own arithmetic: ascending k, every product and sum rounded to f32."""
    result = np.zeros((inputs.shape[0], weights.shape[1]), np.float32)
    for i in range(weights.shape[0]):
        result += inputs[:, i : i + 1] * weights[i]
    return result


@pytest.mark.parametrize("vlen", [128, 256, 1024, 4096, 8192, 65536])
@pytest.mark.parametrize(
    ("sizes", "chunk", "lmul"),
    [
        ((5, 8, 8), 4, 0),
        ((3, 7, 5), 3, 0),
        ((9, 1, 8), 16, 3),
        ((2, 8, 1), 1, 1),
        ((4, 8, 8), 8, 2),
    ],
)
def test_array_multiplies_bit_for_bit(
    machine: Machine, asm: Any, vlen: int, sizes: tuple[int, int, int], chunk: int, lmul: int
):
    m, k, n = sizes
    random = np.random.default_rng(0)
    inputs = random.standard_normal((m, k), np.float32)
    weights = random.standard_normal((k, n), np.float32)
    with Spike(dataclasses.replace(machine, riscv_vlen_bits=vlen)) as spike:
        spike.load(asm.image(program(asm, sizes, chunk, lmul)))
        spike.write(WEIGHTS, weights)
        spike.write(INPUTS, inputs)
        spike.reserve(RESULTS, 4 * m * n)
        spike.call("f", [WEIGHTS, INPUTS, RESULTS, k | n << 32])
        got = np.frombuffer(spike.read(RESULTS, 4 * m * n), np.float32).reshape(m, n)
        assert spike.multiply_accumulates == m * k * n
    assert np.array_equal(got, in_order(inputs, weights))


def test_large_array_uses_the_blocked_loop(machine: Machine, asm: Any):
    sizes = m, k, n = 70, 67, 64  # full and partial blocks of rows, a whole number of column blocks
    random = np.random.default_rng(1)
    inputs, weights = random.random((m, k), np.float32), random.random((k, n), np.float32)
    large = dataclasses.replace(machine, vpu_num_lanes=128, riscv_vlen_bits=32768)
    with Spike(large) as spike:
        spike.load(asm.image(program(asm, sizes, 256, 3)))
        spike.write(WEIGHTS, weights)
        spike.write(INPUTS, inputs)
        spike.reserve(RESULTS, 4 * m * n)
        spike.call("f", [WEIGHTS, INPUTS, RESULTS, k | n << 32])
        got = np.frombuffer(spike.read(RESULTS, 4 * m * n), np.float32).reshape(m, n)
    assert np.array_equal(got, in_order(inputs, weights))


def halves_program(asm: Any, sizes: tuple[int, int, int]) -> list[int]:
    """As `program`, of elements of two bytes, all of each operand at once."""
    m, k, n = sizes
    words = [asm.npu("array.config", rs1=A3)]
    for count, address, name in ((k * n, A0, "array.wpush"), (m * k, A1, "array.push")):
        words += [asm.addi(T0, 0, count), asm.vsetvli(0, T0, 2, sew=16)]
        words += [asm.vle16(8, address), asm.npu(name, vs2=8)]
    words += [asm.addi(T0, 0, m * n), asm.vsetvli(0, T0, 3), asm.npu("array.pop", vd=16)]
    return [*words, asm.vse32(16, A2), asm.ret]


@pytest.mark.parametrize(("number", "element"), [(1, bf16), (2, f16)])
def test_halves_are_multiplied_exactly_and_added_in_f32(
    machine: Machine, asm: Any, number: int, element: Any
):
    sizes = m, k, n = 3, 7, 5
    random = np.random.default_rng(3)
    inputs, weights = (
        rounded(random.standard_normal(shape).astype(np.float32), element)
        for shape in ((m, k), (k, n))
    )
    inputs[0, :4] = [1e-40, np.inf, -0.0, 6e-8]
    weights[1] = [1, -1, 2, 0, np.nan]
    inputs, weights = rounded(inputs, element), rounded(weights, element)
    memory = IN_MEMORY[element]
    with Spike(machine) as spike:
        spike.load(asm.image(halves_program(asm, sizes)))
        spike.write(WEIGHTS, packed(weights, memory))
        spike.write(INPUTS, packed(inputs, memory))
        spike.reserve(RESULTS, 4 * m * n)
        spike.call("f", [WEIGHTS, INPUTS, RESULTS, k | number << 24 | n << 32])
        got = np.frombuffer(spike.read(RESULTS, 4 * m * n), np.float32).reshape(m, n)
        spike.load(asm.image(program(asm, sizes, 8, 2)))
        with pytest.raises(SpikeTrap, match=r"illegal instruction .*npu.array.wpush"):
            spike.call("f", [WEIGHTS, INPUTS, RESULTS, k | number << 24 | n << 32])
    with np.errstate(all="ignore"):
        wanted = in_order(inputs, weights)
    assert np.array_equal(got, wanted, equal_nan=True)
    assert np.isnan(wanted).any()
    assert np.isinf(wanted).any()


def wrong_uses(asm: Any) -> dict[str, list[int]]:
    """Programs that break the array's protocol (a0 = 2 x 2 weights), by what the trap says."""
    config, one = asm.npu("array.config", rs1=A0), asm.npu("array.config", rs1=A1)
    wpush, push = asm.npu("array.wpush", vs2=8), asm.npu("array.push", vs2=8)
    pop = asm.npu("array.pop", vd=8)
    four, two = (
        [asm.addi(T0, 0, 4), asm.vsetvli(0, T0, 0)],
        [asm.addi(T0, 0, 2), asm.vsetvli(0, T0, 0)],
    )
    ready = [*four, config, wpush]
    return {
        "of no type that the array knows": [asm.npu("array.config", rs1=A2)],
        "no rows or no columns": [asm.npu("array.config", rs1=0)],
        "larger than the array": [one],
        "more weights than the configured k x n": [*ready, *two, wpush],
        "an input before all k x n weights": [*two, config, wpush, push],
        "more results asked for": [*ready, *two, push, *four, pop],
        "were not popped": [*ready, *two, push, push, pop, config],
        "were not used up": [*ready, asm.addi(T0, 0, 1), asm.vsetvli(0, T0, 0), push, config],
    }


WRONG_USES = [
    "of no type that the array knows",
    "no rows or no columns",
    "larger than the array",
    "more weights than the configured k x n",
    "an input before all k x n weights",
    "more results asked for",
    "were not popped",
    "were not used up",
]


@pytest.mark.parametrize("why", WRONG_USES)
def test_wrong_use_of_the_array_traps(machine: Machine, asm: Any, why: str):
    with Spike(machine) as spike:
        spike.load(asm.image([*wrong_uses(asm)[why], asm.ret]))
        with pytest.raises(SpikeTrap, match=f"array_use .*{why}.*npu.array"):
            spike.call("f", [2 | 2 << 32, 9 | 1 << 32, 2 | 3 << 24 | 2 << 32])


@pytest.mark.parametrize("name", ["exp", "tanh", "erf", "sin", "cos"])
def test_special_functions_are_rounded_once(machine: Machine, asm: Any, name: str):
    values = np.array([0, -0.0, 0.5, -3, 20, -90, 1e-20, np.inf], np.float32)
    with np.errstate(all="ignore"):
        expected = [np.float32(getattr(math, name)(v)) if np.isfinite(v) else None for v in values]
    words = [asm.vsetvli(0, A1, 0), asm.vle32(8, A0), asm.npu(f"v{name}", vd=9, vs2=8)]
    with Spike(machine) as spike:
        spike.load(asm.image([*words, asm.vse32(9, A0), asm.ret]))
        spike.write(SPAD_BASE, values)
        spike.call("f", [SPAD_BASE, 8])
        got = np.frombuffer(spike.read(SPAD_BASE, 32), np.float32)
    for value, result in zip(expected, got, strict=True):
        assert value is None or value == result


def test_tail_is_undisturbed_and_wrong_width_is_illegal(machine: Machine, asm: Any):
    with Spike(machine) as spike:
        words = [asm.vsetvli(0, A1, 0), asm.vle32(9, A0), asm.vsetvli(0, A2, 0)]
        words += [asm.npu("vexp", vd=9, vs2=9), asm.vsetvli(0, A1, 0), asm.vse32(9, A0), asm.ret]
        spike.load(asm.image(words))
        spike.write(SPAD_BASE, np.zeros(4, np.float32))
        spike.call("f", [SPAD_BASE, 4, 3])
        assert np.frombuffer(spike.read(SPAD_BASE, 16), np.float32).tolist() == [1, 1, 1, 0]
        for setting in (asm.vsetvli(0, A1, 0, sew=64), asm.vsetvli(0, A1, 1)):
            spike.load(asm.image([setting, asm.npu("vexp", vd=9, vs2=8), asm.ret]))
            with pytest.raises(SpikeTrap, match=r"illegal instruction .*npu.vexp v9, v8"):
                spike.call("f", [0, 2])
