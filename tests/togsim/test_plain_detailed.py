"""Detailed DRAM, routers, L2 and NUMA with and without shortcuts: equal in everything."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from npu.configs.dram import DramModel
from npu.configs.icnt.model import Allocator, IcntModel
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.togsim.graph import Program
from tests.examples import examples
from tests.togsim.test_plain import check_plain_is_equal, simple_machines
from tests.togsim.test_properties import programs

DRAMS = tuple(
    load(name).dram_model for name in ("8x8_ramulator2", "tpuv3_ramulator2", "tpuv6e_ramulator2")
)
L2 = "S:4:128:2,64,L:B:m:F:X,S:4:3,8:0,64"
WITHOUT_SIMPLE_DRAM = {
    "dram_freq_mhz": None,
    "dram_latency": None,
    "dram_refresh_interval_ns": 0,
    "dram_refresh_ns": 0,
    "dram_read_to_write_cycles": 0,
    "dram_write_to_read_cycles": 0,
    "dram_bandwidth_gbps_total": None,
}


def crossbar(nodes: int) -> IcntModel:
    islip = Allocator(kind="islip")
    return IcntModel(
        topology="fly",
        routing_function="dest_tag",
        k=nodes,
        n=1,
        num_vcs=2,
        vc_buf_size=4,
        vc_allocator=islip,
        sw_allocator=islip,
        flit_size=16,
    )


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """Machines of any combination of models; the programs have one tensor of 4096 bytes."""
    machine = draw(simple_machines())
    changes: dict[str, object] = {}
    dram: DramModel | None = draw(st.sampled_from((None, *DRAMS)))
    if dram is not None:
        changes |= WITHOUT_SIMPLE_DRAM | {"dram_type": "ramulator2", "dram_model": dram}
        changes["dram_req_size_byte"] = dram.tx_bytes
    if draw(st.booleans()):
        changes |= {"dram_num_partitions": draw(st.sampled_from([1, machine.dram_channels]))}
    if draw(st.booleans()):
        nodes = machine.num_cores * machine.icnt_injection_ports_per_core + machine.dram_channels
        changes |= {"icnt_type": "booksim2", "icnt_latency_cycles": None}
        changes["icnt_model"] = crossbar(nodes)
    if draw(st.booleans()):
        changes |= {"l2d_type": "datacache", "l2d_config": L2, "l2d_hit_latency": 3}
    return replace(machine, **changes)


@given(program=programs(), machine=machines())
@examples(40, 150, derandomize=False)
def test_every_combination_of_models_has_one_result(program: Program, machine: Machine) -> None:
    check_plain_is_equal(program, machine)
