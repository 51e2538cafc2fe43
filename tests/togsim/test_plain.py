"""Memory with and without shortcuts: equal in every cycle and in every statistic."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.togsim.graph import Program
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate
from tests.examples import examples
from tests.togsim.test_properties import programs

SMALL = load("8x8")
REFRESH = (
    {"dram_refresh_interval_ns": 0, "dram_refresh_ns": 0},
    {"dram_refresh_interval_ns": 200, "dram_refresh_ns": 60},
    {"dram_refresh_interval_ns": 90, "dram_refresh_ns": 70},
)


@st.composite
def simple_machines(draw: st.DrawFn) -> Machine:
    """Machines with the simple network and the simple DRAM, with every figure of theirs varied."""
    return replace(
        SMALL,
        num_cores=draw(st.integers(1, 3)),
        core_freq_mhz=draw(st.sampled_from([700, 800, 1333])),
        core_stats_print_period_cycles=draw(st.sampled_from([0, 100])),
        dram_channels=draw(st.sampled_from([1, 2, 4])),
        dram_freq_mhz=draw(st.sampled_from([333, 800, 1201])),
        dram_latency=draw(st.sampled_from([1, 17])),
        dram_read_to_write_cycles=draw(st.sampled_from([0, 9])),
        dram_write_to_read_cycles=draw(st.sampled_from([1, 8])),
        dram_bandwidth_gbps_total=draw(st.sampled_from([None, 3.7])),
        dram_stats_print_period_cycles=draw(st.sampled_from([0, 64])),
        icnt_freq_mhz=draw(st.sampled_from([700, 800, 2000])),
        icnt_latency_cycles=draw(st.sampled_from([0, 1, 10])),
        icnt_stats_print_period_cycles=draw(st.sampled_from([0, 50])),
        icnt_injection_ports_per_core=draw(st.integers(1, 4)),
        **draw(st.sampled_from(REFRESH)),
    )


def check_plain_is_equal(program: Program, machine: Machine) -> Result:
    fast = simulate(program, machine, trace=True)
    plain = simulate(program, machine, trace=True, plain=True)
    assert replace(plain, wall_seconds=0.0) == replace(fast, wall_seconds=0.0)
    return fast


@given(program=programs(), machine=simple_machines())
@examples(60, 200, derandomize=False)
def test_the_closed_form_is_the_simple_model(program: Program, machine: Machine) -> None:
    check_plain_is_equal(program, machine)
