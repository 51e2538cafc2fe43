"""Whole logs of Ramulator 2.0 and 2.1, command for command and request for request."""

import tarfile
from pathlib import Path

import pytest

from npu.configs.dram import load_dram_model
from npu.togsim.dram import run_trace
from npu.togsim.dram.patterns import Geometry, pattern

DATA = Path(__file__).parents[1] / "data" / "dram"
LOGS = [
    "r20_ddr4_1600.low_rand",
    "r20_ddr4_1600.seq_rd",
    "r20_hbm2_18.rand_rd",
    "r20_hbm2_18.seq_rd",
    "r20_hbm2_18.stride_row",
    "r20_hbm2_18.tile_rd",
    "r21_hbm2_18.seq_rd",
    "r21_hbm3_6400.seq_rd",
]


def golden(name: str) -> list[str]:
    """The lines of a file of the archive."""
    with tarfile.open(DATA / "golden.tar.xz") as archive:
        member = archive.extractfile(name)
        assert member is not None
        return member.read().decode().splitlines()


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("log", LOGS)
def test_log_is_equal(log: str, plain: bool):
    config, trace = log.split(".")
    model = load_dram_model(DATA / f"{config}.yaml")
    requests = pattern(trace, Geometry.of(model))
    # Somewhat beyond what the logs show: they are beginnings.
    del requests.cycles[5000:], requests.addresses[5000:], requests.writes[5000:]
    result = run_trace(model, requests, plain=plain, log_commands=True)
    shows_request = model.generation == "2.0"
    commands = [
        ",".join(map(str, (one.tick, one.command, *([one.request] * shows_request), *one.address)))
        for one in result.command_log
    ]
    theirs = golden(f"{log}.cmds.csv")
    assert len(theirs) == 4000
    assert commands[:4000] == theirs
    lines = [
        f"{i} {'RW'[requests.writes[i]]} {requests.addresses[i]} {requests.cycles[i]} "
        f"{result.accepted[i]} {result.completed[i]}"
        for i in range(len(requests))
    ]
    head, *served = golden(f"{log}.reqs.txt")
    assert head == "# idx type addr offered accepted completed"
    assert len(served) >= 2000
    compared = min(len(served), 4000)
    assert lines[:compared] == served[:compared]
