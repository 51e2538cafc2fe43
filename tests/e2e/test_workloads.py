"""Layers that accelerators are measured with give what eager PyTorch gives, family by family."""

import itertools

import pytest

from tests.e2e.workloads import FAMILIES, Together, operands

PAIRS = ((8, 256), (32, 1024), (128, 32768), (256, 4096))
"""Array size and VLEN in bits."""

CASES = list(zip(FAMILIES, itertools.cycle(PAIRS)))


@pytest.mark.parametrize(("family", "pair"), CASES)
def test_values(whole_of, machine_with, family, pair):
    whole_of(Together(family), operands(family)).values_agree(machine_with(*pair))


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pair", PAIRS)
def test_values_on_every_machine(whole_of, machine_with, family, pair):
    whole_of(Together(family), operands(family)).values_agree(machine_with(*pair))
