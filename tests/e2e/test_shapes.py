"""Any shape on a tiny scratchpad: many tiles, tails of every size, one to three cores.

Values come through the reference executor and Spike; a simulation says that the graph runs too.
"""

import torch
import torch.nn.functional as F
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples

EXTENTS = st.one_of(st.sampled_from([1, 2, 7, 8, 9, 31, 64, 97]), st.integers(1, 70))
CORES = st.integers(1, 3)
KB_A_LANE = st.sampled_from([1, 2, 4])
SMALL = {"vpu_spad_size_kb_per_lane": KB_A_LANE, "num_cores": CORES}
MACHINES = st.fixed_dictionaries({"lanes": st.just(8), "vlen": st.just(256), **SMALL})

TINY = {"lanes": 8, "vlen": 256, "vpu_spad_size_kb_per_lane": 1, "num_cores": 2}

some = examples(2, 8, shrinks=False)


def runs(whole, machine):
    result = whole.simulate_compiled(whole.values_agree(machine))
    assert len(result.cores) == machine.num_cores


PRODUCTS = {
    "bias": lambda a, b, c, _: torch.addmm(c, a, b),
    "residual": lambda a, b, _, d: F.relu(a @ b) + d,
    "gelu": lambda a, b, c, d: F.gelu(torch.addmm(c, a, b)) * d,
    "transposed": lambda a, b, c, d: (b.t() @ a.t()).t() + c * d,
}


@some
@given(machine=MACHINES, kind=st.sampled_from(list(PRODUCTS)), m=EXTENTS, k=EXTENTS, n=EXTENTS)
def test_matmul(function_whole, machine_with, machine, kind, m, k, n):
    runs(function_whole(PRODUCTS[kind], (m, k), (k, n), (n,), (m, n)), machine_with(**machine))


@some
@given(machine=MACHINES, batch=st.integers(1, 5), m=EXTENTS, k=EXTENTS, n=EXTENTS)
def test_batch_matmul(function_whole, machine_with, machine, batch, m, k, n):
    runs(function_whole(torch.bmm, (batch, m, k), (batch, k, n)), machine_with(**machine))


ROWS = {
    "softmax": lambda x: F.softmax(x, dim=-1),
    "norm": lambda x: F.layer_norm(x, (x.shape[-1],)),
    "mean": lambda x: x.mean(dim=-1),
    "columns": lambda x: x.sum(dim=0),
}


@some
@given(machine=MACHINES, kind=st.sampled_from(list(ROWS)), m=EXTENTS, n=EXTENTS)
def test_rows(function_whole, machine_with, machine, kind, m, n):
    runs(function_whole(ROWS[kind], (m, n)), machine_with(**machine))


ELEMENTWISE = {
    "add": lambda a, b, _c, _d: a + b,
    "broadcast": lambda a, _b, c, d: F.silu(a * c) - d.tanh(),
    "transposed": lambda a, b, _c, _d: a.t() + b.t() * 0.5,
}


@some
@given(machine=MACHINES, kind=st.sampled_from(list(ELEMENTWISE)), m=EXTENTS, n=EXTENTS)
def test_elementwise(function_whole, machine_with, machine, kind, m, n):
    runs(function_whole(ELEMENTWISE[kind], (m, n), (m, n), (n,), (m, 1)), machine_with(**machine))


@some
@example(machine=TINY, order=(2, 0, 1), shape=(5, 21, 11))
@given(
    machine=MACHINES, order=st.permutations(range(3)), shape=st.tuples(*[st.integers(1, 23)] * 3)
)
def test_permutations(function_whole, machine_with, machine, order, shape):
    runs(function_whole(lambda x: x.permute(order) + 1.0, shape), machine_with(**machine))
