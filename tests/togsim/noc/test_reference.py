"""Against BookSim 2, row by row of its measurements (data/noc_reference.csv).

Where a network makes no random choice, the same seed gives the same packets, and every figure must
be BookSim's to the last digit printed. A torus draws between ways of one length, in another order
than BookSim: there means agree as two runs of one experiment do.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from npu.configs.icnt import load_icnt_model, shipped_icnt
from npu.configs.icnt.load import SHIPPED_FOLDER
from npu.togsim.noc import uniform_traffic, zero_load_latency

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "noc_reference.py"


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("noc_reference", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TABLE = _script()
ROWS = list(TABLE.rows())
QUICK_RATES = {"fly": (0.05, 0.5, 1.0), "mesh": (0.1, 0.3), "torus": (0.1, 0.7, 1.0)}


def _family(topology: str) -> str:
    return next(family for family in QUICK_RATES if topology.startswith(family))


def _name(row: Any) -> str:
    return f"{row.topology}-{row.packet_flits}-{row.rate}-{row.mode}"


def _check(row: Any) -> None:
    report = row.measure()
    sys.stdout.write(TABLE.line_of(row, report) + "\n")
    assert report.stable == row.stable
    if not row.stable:
        return
    found = row.found(report)
    if _family(row.topology) != "torus":
        assert found == pytest.approx(row.expected, rel=1e-5)
        assert report.cycles == row.cycles
    elif row.mode == "throughput":
        assert found == pytest.approx(row.expected, rel=0.02)
    else:
        assert found == pytest.approx(row.expected, rel=0.01 if row.rate <= 0.6 else 0.03)


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.rate in QUICK_RATES[_family(r.topology)]], ids=_name
)
def test_some_of_the_table(row: Any):
    _check(row)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_the_whole_table(row: Any):
    _check(row)


# Mean over all pairs, by the routers R passed on the average: fly n = 1: 7; n = 2: 12; mesh
# 5 R + 2 with R = 3.5 and 6.25; torus 6 R + 1 with R = 3 and 5; P - 1 more for P flits.
ZERO_LOAD = {
    "fly_c1_m8": 7,
    "fly_c16_m16": 7,
    "fly_c2_m32_vc2": 7,
    "fly_k4_n2": 12,
    "mesh4x4": 19.5,
    "mesh8x8": 33.25,
    "torus4x4": 19,
    "torus8x8": 31,
}


@pytest.mark.parametrize("name", ZERO_LOAD)
def test_zero_load_latency(name: str):
    model = load_icnt_model(SHIPPED_FOLDER / f"{name}.icnt")
    assert zero_load_latency(model, 1) == ZERO_LOAD[name]
    assert zero_load_latency(model, 5) == ZERO_LOAD[name] + 4


@pytest.mark.parametrize("name", shipped_icnt())
def test_every_shipped_network_carries_traffic(name: str):
    model = load_icnt_model(SHIPPED_FOLDER / f"{name}.icnt")
    # The chiplets' one link carries half of 32 nodes' flits each way: far less than 1/16 a node.
    report = uniform_traffic(model, packet_flits=1, rate=0.02, sample_cycles=600)
    assert report.stable
    assert report.acc_flit_rate == pytest.approx(0.02, rel=0.1)
    assert report.packet_lat == pytest.approx(zero_load_latency(model, 1), rel=0.06)
    assert 0.9 < report.packet_lat_p50 <= report.packet_lat_p90 <= report.packet_lat_p99


def test_the_quick_way_equals_the_plain_one():
    model = load_icnt_model(SHIPPED_FOLDER / "torus4x4_vc4.icnt")
    reports = [
        uniform_traffic(model, packet_flits=3, rate=0.6, sample_cycles=60, plain=plain)
        for plain in (False, True)
    ]
    assert reports[0] == reports[1]


def test_seeds_matter_and_repeat():
    model = load_icnt_model(SHIPPED_FOLDER / "fly_c2_m8.icnt")

    def latency(seed: int) -> float:
        report = uniform_traffic(model, packet_flits=1, rate=0.3, sample_cycles=300, seed=seed)
        return report.packet_lat

    assert latency(1) == latency(1)
    assert latency(1) != latency(2)


def test_overload_is_told_in_the_latency_mode_and_measured_in_the_other():
    model = load_icnt_model(SHIPPED_FOLDER / "torus8x8.icnt")
    latency = uniform_traffic(model, packet_flits=5, rate=1.0)
    assert not latency.stable
    rate = uniform_traffic(model, packet_flits=5, rate=1.0, mode="throughput")
    assert rate.stable
    assert rate.packet_lat > 0
    assert rate.acc_flit_rate < rate.offered_flits_per_node_cycle
