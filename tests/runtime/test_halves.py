"""Floats of two bytes in numpy: every bit pattern and every way of rounding as PyTorch has them."""

import numpy as np
import pytest
import torch
from xdsl.dialects.builtin import bf16, f16

from npu.runtime.reference.halves import IN_MEMORY, numbers, packed, rounded

KINDS = [(bf16, torch.bfloat16), (f16, torch.float16)]


def every_half(element):
    return np.arange(2**16, dtype=np.uint16).view(IN_MEMORY[element])


@pytest.mark.parametrize(("element", "dtype"), KINDS)
def test_every_half_is_the_number_that_pytorch_says(element, dtype):
    halves = every_half(element)
    wanted = torch.from_numpy(halves.view(np.int16)).view(dtype).float().numpy()
    found = numbers(halves)
    assert found.dtype == np.float32
    assert np.array_equal(found, wanted, equal_nan=True)
    there_and_back = numbers(packed(found, IN_MEMORY[element]))
    assert np.array_equal(there_and_back, found, equal_nan=True)
    assert np.array_equal(np.signbit(there_and_back[found == 0]), np.signbit(found[found == 0]))


@pytest.mark.parametrize(("element", "dtype"), KINDS)
def test_ties_neighbours_and_overflow_round_as_in_pytorch(element, dtype):
    halves = numbers(every_half(element))
    finite = np.sort(halves[np.isfinite(halves)]).astype(np.float64)
    middles = ((finite[1:] + finite[:-1]) / 2).astype(np.float32)
    around = [np.nextafter(middles, np.float32(end)) for end in (-np.inf, np.inf)]
    largest = np.float32(finite[-1])
    beyond = np.array([largest, 3.4028235e38, np.inf, -np.inf, np.nan, 1e-45], np.float32)
    values = np.concatenate([middles, *around, beyond, -beyond])
    wanted = torch.from_numpy(values).to(dtype).float().numpy()
    assert np.array_equal(rounded(values, element), wanted, equal_nan=True)
