"""Indices for the simulator: what a run records, what is drawn, and the file beside a graph."""

import json
from pathlib import Path

import numpy as np
import pytest

from npu.configs.errors import UserError
from npu.runtime.compiler import compile_text
from npu.runtime.indices import read_record, record_path, write_record
from npu.runtime.progress import StageClock
from npu.runtime.reference import adversaries, run_module
from npu.runtime.session import simulate_program, spike_run
from npu.runtime.spike import SpikeTrap

PROGRAM = """
func.func @main(%t: tensor<300x24xf32>, %i: tensor<17xi32>, %u: tensor<17x24xf32>)
    -> (tensor<17x24xf32>, tensor<300x24xf32>, tensor<300x24xf32>) {
  %r = npu.gather %t[%i] in 0 {from_end, npu.torch_op = "aten.index", npu.torch_line = "m.py:7"}
      : tensor<300x24xf32>, tensor<17xi32> -> tensor<17x24xf32>
  %s = npu.scatter %u to %t[%i] in 0 {combine = "add", from_end}
      : tensor<17x24xf32> to tensor<300x24xf32>, tensor<17xi32> -> tensor<300x24xf32>
  %v = npu.scatter %u to %t[%i] in 0 {from_end}
      : tensor<17x24xf32> to tensor<300x24xf32>, tensor<17xi32> -> tensor<300x24xf32>
  func.return %r, %s, %v : tensor<17x24xf32>, tensor<300x24xf32>, tensor<300x24xf32>
}
"""


KEYS = ((0, 1), (2, 1), (4, 1))
"""The launches that take indices, and the argument that holds them."""


@pytest.fixture(scope="module")
def compiled():
    return compile_text(PROGRAM, "8x8")


@pytest.fixture
def values():
    rng = np.random.default_rng(3)
    indices = rng.integers(-300, 300, 17).astype(np.int32)
    indices[5] = indices[2]
    table, rows = (rng.standard_normal(s).astype(np.float32) for s in ((300, 24), (17, 24)))
    return [table, indices, rows]


def wanted(values):
    table, indices, rows = values
    added, put = table.copy(), table.copy()
    np.add.at(added, indices, rows)
    for index, row in zip(indices, rows, strict=True):
        put[index] = row
    return table[indices], added, put


def test_spike_and_the_reference_agree_in_any_order(compiled, values):
    run = spike_run(compiled, values, StageClock(), keep_memory=False)
    orders = [run_module(compiled.module, values, order=one) for one in adversaries(3)]
    for outputs in (run.outputs, *orders):
        for output, want in zip(outputs, wanted(values), strict=True):
            np.testing.assert_array_equal(output, want)


def test_cores_share_rows_of_a_gather_and_columns_of_a_scatter(values):
    program = compile_text(PROGRAM, "tpuv3_c2")
    outputs = spike_run(program, values, StageClock(), keep_memory=False).outputs
    executed = run_module(program.module, values, cores=2)
    for output, other, want in zip(outputs, executed, wanted(values), strict=True):
        np.testing.assert_array_equal(output, want)
        np.testing.assert_array_equal(other, want)


def test_a_run_leaves_a_record_that_its_cycles_follow(compiled, values, tmp_path):
    run = spike_run(compiled, values, StageClock(), keep_memory=False)
    assert tuple(sorted(run.indices)) == KEYS
    np.testing.assert_array_equal(run.indices[0, 1], values[1] % 300)
    graph = tmp_path / "graph.mlir"
    result = simulate_program(compiled, StageClock(), graph=graph, indices=run.indices)
    sources = [launch.indices for launch in result.launches]
    assert sources == ["recorded", "", "recorded", "", "recorded"]
    read = read_record(graph)
    assert read is not None
    assert {key: list(one) for key, one in read.items()} == {
        key: list(one) for key, one in run.indices.items()
    }


def test_cycles_are_those_of_the_rows():
    program = compile_text(PROGRAM, "8x8_ramulator2")
    apart, together = np.arange(17) * 17 % 300, np.zeros(17, np.int64)
    cycles = [
        simulate_program(program, StageClock(), indices=dict.fromkeys(KEYS, one)).total_cycles
        for one in (apart, together, apart)
    ]
    assert cycles[0] == cycles[2] != cycles[1]


def test_without_a_run_indices_are_drawn_alike(compiled, tmp_path):
    graph = tmp_path / "graph.mlir"
    first, second = (simulate_program(compiled, StageClock(), graph=graph) for _ in range(2))
    assert first.launches[0].indices == "uniform, seed 0"
    assert first.total_cycles == second.total_cycles
    assert not record_path(graph).exists()


def test_a_record_of_another_graph_is_refused(compiled):
    with pytest.raises(UserError, match="not those of this graph: launch 0 takes 17 indices below"):
        simulate_program(compiled, StageClock(), indices={(0, 1): np.zeros(3, np.int64)})
    with pytest.raises(UserError, match="not those of this graph"):
        simulate_program(compiled, StageClock(), indices={key: np.full(17, 300) for key in KEYS})
    simulate_program(compiled, StageClock(), indices={key: np.full(17, 299) for key in KEYS})


@pytest.mark.parametrize("spoilt", ["{", '{"version": 2}', '{"version": 1, "indices": [{}]}'])
def test_a_spoilt_record_is_named(tmp_path: Path, spoilt):
    graph = tmp_path / "graph.mlir"
    write_record(graph, {(0, 1): np.arange(3)})
    assert json.loads(record_path(graph).read_text())["indices"][0]["count"] == 3
    record_path(graph).write_text(spoilt)
    with pytest.raises(UserError, match="is no record of indices"):
        read_record(graph)


LOOKED_UP = """
func.func @main(%t: tensor<300xf32>, %i: tensor<5000xi32>) -> tensor<5000xf32> {
  %r = npu.gather %t[%i] in 0 {from_end} : tensor<300xf32>, tensor<5000xi32> -> tensor<5000xf32>
  func.return %r : tensor<5000xf32>
}
"""


@pytest.mark.parametrize(("place", "index"), [(3, 300), (1, -301), (4999, 2**31 - 1)])
def test_an_index_outside_that_is_looked_up_traps(place, index):
    program = compile_text(LOOKED_UP, "8x8")
    assert "npu.lookup" in program.ir("npu-tile")
    table = np.arange(300, dtype=np.float32)
    indices = np.random.default_rng(1).integers(-300, 300, 5000).astype(np.int32)
    run = spike_run(program, [table, indices], StageClock(), keep_memory=False)
    np.testing.assert_array_equal(run.outputs[0], table[indices])
    indices[place] = index
    with pytest.raises(SpikeTrap, match=rf"index {index} at \[{place}\] of its indices"):
        spike_run(program, [table, indices], StageClock(), keep_memory=False)
    with pytest.raises(UserError, match=f"index {index} at position"):
        run_module(program.module, [table, indices])


def test_an_index_outside_names_operator_place_and_line(compiled, values):
    values[1][4] = 300
    with pytest.raises(SpikeTrap, match=r"index 300 at \[4\] of its indices") as trap:
        spike_run(compiled, values, StageClock(), keep_memory=False)
    message = str(trap.value)
    assert "aten.index" in message
    assert "m.py:7" in message
    assert "expected -300 to 299" in message
    with pytest.raises(UserError, match="index 300 at position 4"):
        run_module(compiled.module, values)
