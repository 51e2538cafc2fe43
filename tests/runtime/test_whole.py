"""A report says of the whole model that all was simulated and checked, or what was not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from npu.frontend.source import open_source
from npu.runtime.compiler import CompiledProgram, compile_text
from npu.runtime.flops import flops_of
from npu.runtime.progress import StageClock
from npu.runtime.session import simulate_program, spike_run
from npu.runtime.value_check import ValueCheck, check_values
from npu.runtime.whole import whole_of
from npu.togsim.report.result import Result

Made = tuple[CompiledProgram, ValueCheck, Result]


@pytest.fixture(scope="module")
def made() -> Made:
    source = open_source("softmax_7x13")
    compiled = compile_text(source.text, "8x8")
    values = source.program.values
    run = spike_run(compiled, values, StageClock())
    check = check_values(compiled, values, run, source.reference())
    return compiled, check, simulate_program(compiled, StageClock())


def test_everything_is_simulated_and_checked(made: Made) -> None:
    compiled, check, result = made
    whole = whole_of(compiled.module, compiled.flops, [0], check, result)
    assert not whole.missing
    assert whole.flops == 5 * 7 * 13, "a maximum, a difference, exp, a sum, a quotient"
    assert (whole.constants, whole.constant_bytes) == (1, 7 * 13 * 4)
    assert whole.dram_bytes is not None
    assert whole.dram_bytes >= 2 * 7 * 13 * 4
    assert whole.line.endswith("computed at import; all simulated, all checked")


def test_what_is_left_out_is_named(made: Made) -> None:
    compiled, check, result = made

    def missing(check: ValueCheck | None, result: Result | None) -> tuple[str, ...]:
        return whole_of(compiled.module, compiled.flops, [], check, result).missing

    assert missing(None, result) == ("values not checked",)
    assert missing(check, None) == ("cycles not simulated",)
    assert missing(replace(check, kernels=()), result) == ("0 of 1 launches checked",)
    assert missing(check, replace(result, launches=())) == ("0 of 1 launches simulated",)


def test_a_product_that_is_added_is_two() -> None:
    source = open_source("gemm_5x7x3")
    compiled = compile_text(source.text, "8x8")
    assert flops_of(compiled.stage_module("linalg")) == 2 * 5 * 7 * 3
