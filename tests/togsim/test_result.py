"""The result's JSON form, its schema, the log, and that equal runs give equal results."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Mod,
    Mul,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.report.schema import result_schema
from npu.togsim.simulate import simulate

MACHINE = load("tpuv3_c2")
WITH_PERIODS = replace(
    MACHINE,
    core_stats_print_period_cycles=500,
    dram_stats_print_period_cycles=400,
    icnt_stats_print_period_cycles=300,
)


def sample_program() -> Program:
    """Eight work items: load, preload, matmul, vector, store."""
    lanes = MACHINE.vpu_num_lanes
    row_bytes = lanes * 4
    slot = Mod(Iv("i"), 2)
    tile = Access("x", slot, (Const(0), Const(0)), (Const(lanes), Const(lanes)))
    sums = replace(tile, buffer="acc")
    dims = (DmaDim(Const(lanes), row_bytes), DmaDim(Const(lanes), 4))
    offset = Mul(Iv("i"), lanes * row_bytes)
    body = (
        Load("t", 0, offset, dims, 4, tile),
        Wait("t"),
        Preload(Const(lanes), Const(lanes), tile),
        Matmul(Const(lanes), tile, sums),
        Vector("f", (Const(lanes),), (sums,), (sums,)),
        Store("s", 1, offset, dims, 4, sums),
    )
    kernel = Kernel(
        "sample",
        ("a", "b"),
        (
            Buffer("x", 2, (lanes, lanes), 4, 0),
            Buffer("acc", 2, (lanes, lanes), 4, 2 * lanes * row_bytes),
        ),
        (TileFunction("f", {(lanes,): 77}),),
        (Loop("i", 0, 8, 1, body, parallel=True),),
    )
    size = 8 * lanes * row_bytes
    tensors = (Tensor("a", 1 << 32, size), Tensor("b", (1 << 32) + size, size))
    ops, lines = ("aten.mm", "aten.relu"), ("mlp.py:12",)
    launches = (
        Launch(0, (0, 1), torch_ops=ops, torch_lines=lines),
        Launch(0, (1, 0), (0,), torch_ops=ops),
    )
    return Program(VERSION, tensors, (kernel,), launches)


def test_json_follows_the_published_schema() -> None:
    schema = result_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(simulate(sample_program(), MACHINE).to_json())
    jsonschema.validate(document, schema)
    first, second = document["launches"]
    assert (first["torch_ops"], first["torch_lines"]) == (["aten.mm", "aten.relu"], ["mlp.py:12"])
    assert (second["torch_ops"], second["torch_lines"]) == (["aten.mm", "aten.relu"], [])
    document["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_reruns_are_equal_but_for_wall_time() -> None:
    first = replace(simulate(sample_program(), MACHINE, trace=True), wall_seconds=0.0)
    second = replace(simulate(sample_program(), MACHINE, trace=True), wall_seconds=0.0)
    assert first == second
    assert first.to_json() == second.to_json()


def test_other_processes_find_the_same() -> None:
    script = (
        "import importlib.util, sys, dataclasses\n"
        "spec = importlib.util.spec_from_file_location('sample', sys.argv[1])\n"
        "sample = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(sample)\n"
        "result = sample.simulate(sample.sample_program(), sample.MACHINE)\n"
        "sys.stdout.write(dataclasses.replace(result, wall_seconds=0.0).to_json())\n"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", script, __file__],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    here = replace(simulate(sample_program(), MACHINE), wall_seconds=0.0).to_json()
    assert found == [here, here]


def test_samples_and_periods_end_in_the_totals() -> None:
    result = simulate(sample_program(), WITH_PERIODS)
    for core in result.cores:
        assert [s.cycle for s in core.samples] == list(range(500, result.total_cycles + 1, 500))
        assert core.samples[-1].vector_active_cycles <= core.vector.active_cycles
    for channel in result.channels:
        assert sum(channel.reads_by_period) == channel.reads
        assert sum(channel.writes_by_period) == channel.writes
    reads = sum(core.dma.read_requests for core in result.cores)
    writes = sum(core.dma.write_requests for core in result.cores)
    assert sum(p.read_requests for p in result.network_periods) == reads
    assert sum(p.write_requests for p in result.network_periods) == writes
    assert sum(p.read_responses for p in result.network_periods) == reads
    assert sum(p.write_responses for p in result.network_periods) == writes
    assert {p.flits for p in result.network_periods} == {None}
    last = result.total_cycles * MACHINE.icnt_freq_mhz // MACHINE.core_freq_mhz
    assert len(result.network_periods) == last // 300 + 1


def test_periods_change_no_total() -> None:
    """The cycles up to each period's end are counted once, like all others."""
    with_periods, without = (simulate(sample_program(), m) for m in (WITH_PERIODS, MACHINE))
    assert with_periods.cores[0].samples
    assert [replace(core, samples=()) for core in with_periods.cores] == list(without.cores)


def test_log_says_what_the_result_says(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    result = simulate(sample_program(), WITH_PERIODS, log=path)
    text = path.read_text()
    assert list(tmp_path.iterdir()) == [path]
    core = result.cores[0]
    array = core.arrays[0]
    for line in (
        "===== Instructions count =====",
        "Core [0] : MOVIN 8 MOVOUT 8 COMP 24 (GEMM 8, PRELOAD 8, Vector 8) BAR 8",
        "========= Core stat ========= [Core 0]",
        f"active_cycles {array.active_cycles}, idle_cycles {array.idle_cycles}",
        f"DMA active_cycles {core.dma.active_cycles}, DMA idle_cycles {core.dma.idle_cycles}",
        f"Total_cycles {result.total_cycles}",
        f"Kernel sample : launches 2, cycles {sum(k.cycles for k in result.launches)}, ",
        "Operation aten.mm + aten.relu : launches 2, ",
        f"No launch : core cycles {result.unattributed.core_cycles}\n",
        f"Total execution cycles: {result.total_cycles}",
        "Wall-clock time for simulation: ",
        "[Core 1] cycle 500 | ",
        "[DRAM] DRAM cycles 0-400 channel 0 | ",
        f"[ICNT] network cycles 0-300 | requests: {result.network_periods[0].read_requests} reads",
        f"NUMA local memory: {core.dma.read_requests + core.dma.write_requests} requests, ",
        f"channel {core.dma.memory_wait.channel_cycles}, ",
        f"held requests back for {result.channels[0].refresh_wait_cycles} DRAM cycles, ",
        f"bus turnarounds for {result.channels[0].turnaround_wait_cycles}\n",
    ):
        assert line in text
    combined = re.search(r"\[DRAM\] all 32 channels .* (\d+) reads, (\d+) writes", text)
    assert combined is not None
    moved = 2 * 8 * 128 * 128 * 4 // 32
    assert combined.groups() == (str(moved), str(moved))


def test_log_in_a_missing_folder_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        simulate(sample_program(), MACHINE, log=tmp_path / "none" / "run.log")


def test_dram_bandwidth_is_bytes_over_simulated_time() -> None:
    result = simulate(sample_program(), MACHINE)
    moved = sum(channel.bytes for channel in result.channels)
    per_second = sum(channel.gb_per_second for channel in result.channels)
    assert per_second == pytest.approx(moved / result.simulated_seconds / 1e9)
    assert moved == 2 * 2 * 8 * 128 * 128 * 4
    assert max(channel.utilization for channel in result.channels) <= 1


def test_waits_for_refresh_are_in_the_result() -> None:
    waits = [
        channel.refresh_wait_cycles for channel in simulate(sample_program(), MACHINE).channels
    ]
    assert max(waits) > 0
    # no more than 350 ns, 329 cycles of 940 MHz, in each 3900 ns, 3666 cycles, begun
    total = simulate(sample_program(), MACHINE).total_cycles
    assert max(waits) <= 329 * -(-total // 3666)
    never = replace(MACHINE, dram_refresh_interval_ns=0, dram_refresh_ns=0)
    result = simulate(sample_program(), never)
    assert {channel.refresh_wait_cycles for channel in result.channels} == {0}
    assert result.total_cycles < total
