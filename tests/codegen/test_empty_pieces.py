"""Tiles whose tail has fewer array-sized pieces than a full one, by explicit mappings.

The pieces past the end of such a tail are array operations of size 0 or less. They do nothing: the
reference executor and Spike give what numpy does, and the graph has the others alone.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from npu.configs.loader import load
from npu.dialects.npu import GroupOp
from npu.passes.map.device import device_of
from npu.passes.pipeline import pipeline, run_stages
from npu.runtime.compiler import CompiledProgram, machine_file, make_context, parse
from npu.runtime.progress import StageClock
from npu.runtime.reference import adversaries, run_module
from npu.runtime.session import simulate_program, spike_outputs
from npu.runtime.stages import StageTexts
from tests.hand_mapping import hand_mapping

ARRAY = 8

TEXT = """
func.func @main(%x: tensor<MxKxf32>, %w: tensor<KxNxf32>, %b: tensor<Nxf32>) -> tensor<MxNxf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<MxNxf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<MxNxf32>) -> tensor<MxNxf32>
  %p = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
      affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<MxKxf32>, tensor<KxNxf32>) outs(%z : tensor<MxNxf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %s = arith.mulf %i, %j : f32
    %t = arith.addf %o, %s : f32
    linalg.yield %t : f32
  } -> tensor<MxNxf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>,
      affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%p, %b : tensor<MxNxf32>, tensor<Nxf32>) outs(%e : tensor<MxNxf32>) {
  ^bb1(%i: f32, %j: f32, %o: f32):
    %s = arith.addf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<MxNxf32>
  func.return %r : tensor<MxNxf32>
}
"""


def program(sizes, tile, order, machine):
    """x @ w + b of the given (m, n, k), compiled with exactly this mapping."""
    text = TEXT
    for letter, size in zip("MNK", sizes, strict=True):
        text = text.replace(f"<{letter}x", f"<{size}x").replace(f"x{letter}x", f"x{size}x")
    context = make_context()
    module = parse(context, text)
    group, *others = pipeline(machine_file(machine))
    list(run_stages(context, module, (group,)))
    (found,) = (op for op in module.walk() if isinstance(op, GroupOp))
    subtile = (tile[0], min(tile[1], ARRAY), min(tile[2], ARRAY))
    found.mapping = hand_mapping(found, device_of(machine), tile, order=(*order, 2), piece=subtile)
    list(run_stages(context, module, tuple(others)))
    return CompiledProgram(machine, module, StageTexts())


def values(sizes):
    m, n, k = sizes
    random = np.random.default_rng([m, n, k])
    return [random.standard_normal(shape, np.float32) for shape in ((m, k), (k, n), (n,))]


def pieces(extent, tile):
    """Array-sized pieces of all tiles of a dimension, those that are not empty."""
    tails = (min(tile, extent - start) for start in range(0, extent, tile))
    return sum(-(-size // ARRAY) for size in tails)


def check(sizes, tile, order, cores):
    machine = dataclasses.replace(
        load("8x8"), riscv_vlen_bits=256, num_cores=cores, vpu_num_lanes=ARRAY
    )
    tile = tuple(min(t, s) for t, s in zip(tile, sizes, strict=True))
    compiled = program(sizes, tile, order, machine)
    inputs = values(sizes)
    expected = inputs[0] @ inputs[1] + inputs[2]
    for outputs in (
        *(
            run_module(compiled.module, inputs, cores=cores, order=order)
            for order in (None, *adversaries(1))
        ),
        spike_outputs(compiled, inputs, StageClock()),
    ):
        np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-4)
    result = simulate_program(compiled, StageClock())
    (m, n, k), row_tiles = sizes, -(-sizes[0] // tile[0])
    expected_pairs = row_tiles * pieces(n, tile[1]) * pieces(k, tile[2])
    counts = [core.instructions for core in result.cores]
    assert sum(one.preload for one in counts) == expected_pairs
    assert sum(one.matmul for one in counts) == expected_pairs
    assert result.total_cycles > 0
    assert sum(array.macs for core in result.cores for array in core.arrays) == m * n * k


size = st.integers(1, 40)


@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    sizes=st.tuples(size, size, size),
    tile=st.tuples(size, size, size),
    order=st.sampled_from([(0, 1), (1, 0)]),
    cores=st.integers(1, 2),
)
def test_any_tiles_give_the_right_values_and_no_empty_work(sizes, tile, order, cores):
    """Nothing is shrunk: an example takes a second."""
    check(sizes, tile, order, cores)


@pytest.mark.parametrize(
    ("sizes", "tile"),
    [
        ((5, 17, 17), (5, 16, 17)),  # the last tile of n has one piece of two
        ((5, 17, 17), (5, 17, 16)),  # of k
        ((9, 25, 33), (4, 24, 32)),  # of both
        ((1, 33, 33), (1, 32, 32)),  # three of four empty
    ],
)
def test_tails_with_empty_pieces(sizes, tile):
    check(sizes, tile, (0, 1), 1)
