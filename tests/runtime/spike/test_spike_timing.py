"""The timing model: cycles of small sequences, worked out by hand.

Each program ends with `ret` (an integer instruction). A result is ready `latency` cycles after its
issue, and the count runs until the last result is ready. Vector tests run on 2 lanes of 256
bits (datapath 512 bits, 16 elements of 32 bits a cycle) with VLEN 256 (8 elements a
register): an LMUL 8 group of 64 elements passes in 4 cycles, two registers a cycle.
"""

import dataclasses
from typing import Any

import pytest

from npu.codegen.image import SPAD_BASE
from npu.configs.core_timing import CoreTiming
from npu.configs.machine import Machine
from npu.runtime.spike import Spike

A0, A1, T0, T1, T2 = 10, 11, 5, 6, 7
M1, M8 = 0, 3


@pytest.fixture
def narrow(machine: Machine) -> Machine:
    """Two lanes of 256 bits."""
    return dataclasses.replace(machine, vpu_num_lanes=2, riscv_vlen_bits=256)


def cycles(machine: Machine, asm: Any, words: list[int], **timing: int) -> int:
    """Cycles of `words` and `ret`, a0 = scratchpad, a1 = 64, with some parameters changed."""
    changed = dataclasses.replace(machine, core_timing=CoreTiming(**timing))
    with Spike(changed) as spike:
        spike.load(asm.image([*words, asm.ret]))
        first = spike.time_call("f", [SPAD_BASE, 64])
        assert spike.time_call("f", [SPAD_BASE, 64]) == first
        return first


def test_dependent_integers_take_a_cycle_each(machine: Machine, asm: Any):
    # Issues at 0 1 2 3 4; ret with the last; the last result at 5.
    assert cycles(machine, asm, [asm.addi(T0, T0, 1)] * 5) == 5
    # Latency 3: issues at 0 3 6 9 12.
    assert cycles(machine, asm, [asm.addi(T0, T0, 1)] * 5, integer_latency=3) == 15


def test_integer_units_bound_issue(machine: Machine, asm: Any):
    three = [asm.addi(r, 0, 1) for r in (5, 6, 7)]
    assert cycles(machine, asm, three) == 1  # with ret four at cycle 0
    assert cycles(machine, asm, [*three, asm.addi(28, 0, 1)]) == 2  # ret is the fifth: cycle 1


def test_issue_width_bounds_issue(machine: Machine, asm: Any):
    words = [asm.addi(T0, 0, 1), asm.addi(T1, 0, 1)]
    assert cycles(machine, asm, words, issue_width=3) == 1
    assert cycles(machine, asm, words, issue_width=2) == 2


def test_memory_issue_width(machine: Machine, asm: Any):
    loads = [asm.ld(r, A0) for r in (5, 6, 7)]
    assert cycles(machine, asm, loads, memory_issue_width=3) == 1
    assert cycles(machine, asm, loads, memory_issue_width=2) == 2


def test_load_use(machine: Machine, asm: Any):
    words = [asm.ld(T0, A0), asm.register(T1, T0, T0)]
    # Load at 0, ready at the latency; add then, its result one later.
    assert cycles(machine, asm, words) == 2
    assert cycles(machine, asm, words, scalar_load_latency=4) == 5


def test_division_blocks_its_unit(machine: Machine, asm: Any):
    def division(rd: int) -> int:
        return asm.register(rd, A1, A1, funct7=1, funct3=4)

    # Two units: 0 and 0, the third at 8. Pipelined multiplication: all by cycle 1.
    assert cycles(machine, asm, [division(5), division(6)]) == 8
    assert cycles(machine, asm, [division(5), division(6), division(7)]) == 16
    products = [asm.register(r, A1, A1, funct7=1) for r in (5, 6, 7)]
    assert cycles(machine, asm, products) == 2


def test_taken_branch_ends_the_issue_group(machine: Machine, asm: Any):
    words = [asm.jump_over_one(), asm.addi(T0, T0, 1)]
    assert cycles(machine, asm, words) == 2  # jump at 0, ret at 1
    assert cycles(machine, asm, words, taken_branch_latency=5) == 6


def test_results_to_one_register_stay_in_order(machine: Machine, asm: Any):
    # div (ready 8) and addi write t0; the reader waits for both.
    slow = asm.register(T0, A1, A1, funct7=1, funct3=4)
    assert cycles(machine, asm, [slow, asm.addi(T0, 0, 1), asm.addi(T1, T0, 0)]) == 9


def test_vector_waits_for_vsetvli(narrow: Machine, asm: Any):
    words = [asm.vsetvli(0, A1, M8), asm.vadd(8, 16, 24)]
    # vsetvli at 0, vadd at 1 through 4 cycles, ready one after the last: 1 + 3 + 1.
    assert cycles(narrow, asm, words) == 5
    assert cycles(narrow, asm, words, vector_config_latency=3) == 7


def test_vector_length_not_lmul_takes_cycles(narrow: Machine, asm: Any):
    def of(count: int) -> int:
        return cycles(
            narrow, asm, [asm.addi(T0, 0, count), asm.vsetvli(0, T0, M8), asm.vadd(8, 16, 24)]
        )

    # addi 0, vsetvli 1, vadd 2: ready at 2 + ceil(count / 16) - 1 + 1.
    assert [of(n) for n in (1, 16, 17, 32, 33, 64)] == [3, 3, 4, 4, 5, 6]
    assert of(0) == 3  # nothing to do still takes its slot


def test_dependent_vectors_chain_by_register(narrow: Machine, asm: Any):
    words = [asm.vsetvli(0, A1, M8), asm.vadd(8, 16, 24), asm.vadd(8, 8, 24)]
    # First at 1: registers 0 and 1 ready at 2, 2 and 3 at 3... The second: 2, ends at 2 + 4.
    assert cycles(narrow, asm, words) == 6
    # Latency 3: registers 0 and 1 ready at 4, so it starts at 4: 4 + 3 + 3.
    assert cycles(narrow, asm, words, vector_add_latency=3) == 10


def test_datapath_narrower_than_a_register_waits_for_the_whole_register(machine: Machine, asm: Any):
    one_lane = dataclasses.replace(machine, vpu_num_lanes=1, vpu_vector_length_bits=128)
    words = [asm.vsetvli(0, A1, M1), asm.vadd(8, 16, 24), asm.vadd(8, 8, 24)]
    # 8 elements at 4 a cycle: vadd at 1, its register ready at 1 + 1 + 1; the next 3, ready 5.
    assert cycles(one_lane, asm, words) == 5


def test_vector_units_are_a_structural_hazard(narrow: Machine, asm: Any):
    setting = asm.vsetvli(0, A1, M8)
    adds = [asm.vadd(8, 16, 24)] * 4
    assert cycles(narrow, asm, [setting, *adds]) == 5  # four units: all at 1
    assert cycles(narrow, asm, [setting, *adds, asm.vadd(8, 16, 24)]) == 9  # the fifth at 5
    assert cycles(narrow, asm, [setting, *adds], vector_add_units=1) == 17  # 1 5 9 13


def test_accumulation_reads_its_destination(narrow: Machine, asm: Any):
    words = [asm.vsetvli(0, A1, M8), *[asm.vfmacc(8, 16, 24)] * 3]
    # Chained: 1, 1 + 5, 1 + 10 with latency 5; the last ready at 11 + 3 + 5.
    assert cycles(narrow, asm, words, vector_multiply_latency=5) == 19


def test_reduction_ends_after_its_last_element(narrow: Machine, asm: Any):
    words = [asm.vsetvli(0, A1, M8), asm.vredsum(8, 16, 8), asm.vmv_x_s(T0, 8), asm.addi(T0, T0, 1)]
    # vredsum at 1, ready 1 + 3 + 1 = 5; the move at 5, ready 6; addi at 6, ready 7.
    assert cycles(narrow, asm, words) == 7
    # Latency 4: ready at 8.
    assert cycles(narrow, asm, words, vector_reduce_latency=4) == 10


def test_mask_is_ready_at_the_end(narrow: Machine, asm: Any):
    words = [asm.vsetvli(0, A1, M8), asm.vmseq(0, 8, 16), asm.vadd(8, 16, 24, vm=0)]
    # Compare at 1, v0 ready at 5; the masked add at 5, ready at 9. Unmasked it needs no v0: at 1.
    assert cycles(narrow, asm, words) == 9
    assert cycles(narrow, asm, [*words[:2], asm.vadd(8, 16, 24)]) == 5


def test_gather_needs_the_whole_source(narrow: Machine, asm: Any):
    words = [asm.vsetvli(0, A1, M8), asm.vadd(8, 16, 24), asm.vrgather(16, 8, 24)]
    # vadd at 1, its last register ready at 5; the gather at 5, ready at 9.
    assert cycles(narrow, asm, words) == 9


def test_special_function_latency_and_unit(narrow: Machine, asm: Any):
    setting = asm.vsetvli(0, A1, M8)
    one = asm.npu("vexp", vd=8, vs2=16)
    # At 1, ready 1 + 3 + 10; the second waits for the one unit: at 5.
    assert cycles(narrow, asm, [setting, one]) == 14
    assert cycles(narrow, asm, [setting, one, asm.npu("vtanh", vd=24, vs2=16)]) == 18
    assert cycles(narrow, asm, [setting, one, one], special_function_units=2) == 14


def test_strided_loads_move_an_element_a_lane(narrow: Machine, asm: Any):
    setting = [asm.addi(T0, 0, 8), asm.vsetvli(0, T0, M1)]
    # At 2. Unit stride: one cycle. Strided: 8 elements over 2 lanes take 4.
    assert cycles(narrow, asm, [*setting, asm.vle32(8, A0)]) == 3
    assert cycles(narrow, asm, [*setting, asm.vlse32(8, A0, T0)]) == 6


def test_store_waits_for_its_data(narrow: Machine, asm: Any):
    words = [asm.vsetvli(0, A1, M8), asm.vle32(8, A0), asm.vse32(8, A0)]
    # Load at 1, registers ready from 2 on; the store chains at 2 and ends at 2 + 4.
    assert cycles(narrow, asm, words) == 6
    assert cycles(narrow, asm, words, vector_load_latency=7) == 12
